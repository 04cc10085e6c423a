//! Every page, pasted: each in a folder of its own, against a service of its own over a database of its own.

use super::pages::{self, ADDRESS, Block, Kind};
use super::service::{Service, url};
use super::shell::{Folder, Paste};
use super::support::database::{TestDatabase, TestEngine, engine};
use futures::{StreamExt, stream};
use std::any::Any;

/// The URL of PostgreSQL in the pages' lines. A page that has it walks on PostgreSQL only, and its lines say which of them
/// have to do with it; any other page does not know what the service runs on.
const URL: &str = "postgres://partner:secret@127.0.0.1:5432/partner";
const AT_ONCE: usize = 4;

#[tokio::test]
async fn what_is_pasted_from_a_page_prints_what_it_says() {
    let walks = stream::iter(pages::all()).map(|page| async move {
        let database = TestDatabase::empty().await;
        let name = page.clone();
        let walked = tokio::task::spawn_blocking(move || walk(&page, &database)).await;
        walked.err().map(|error| format!("{name}: {}", said(&*error.into_panic())))
    });
    let wrong: Vec<String> =
        walks.buffer_unordered(AT_ONCE).filter_map(async |told| told).collect().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn walk(page: &str, database: &TestDatabase) {
    let mut blocks = pages::blocks(page);
    blocks.retain(|block| matches!(block.kind, Kind::Serve | Kind::Run));
    let names_postgres = blocks.iter().any(|block| block.lines.contains(URL));
    if names_postgres && engine() == TestEngine::Sqlite {
        return;
    }
    for block in &mut blocks {
        block.lines = block.lines.replace(URL, &database.url);
    }
    let over = if names_postgres { None } else { url(database) };

    let folder = Folder::new();
    let (mut service, mut walked, mut printed) = (None::<Service>, Vec::new(), Vec::new());
    for stage in blocks.chunk_by(|_, next| next.kind != Kind::Serve) {
        let (start, lines) = match stage.split_first() {
            Some((start, lines)) if start.kind == Kind::Serve => (Some(start), lines),
            _ => (None, stage),
        };
        if let Some(start) = start {
            stop(service.take());
            service = Some(Service::start(&folder, &start.lines, over));
        }
        let address = service.as_ref().map_or(ADDRESS, |service| &service.address);
        let said = paste(&folder, lines, address);
        printed.extend(said.iter().map(|said| said.replace(place(&database.url), place(URL))));
        walked.extend_from_slice(lines);
    }
    stop(service);
    pages::compare(page, &walked, &printed);
}

/// What a URL says besides who asks: the server, the database.
fn place(url: &str) -> &str {
    url.rsplit_once('@').or_else(|| url.split_once("://")).map_or(url, |(_, place)| place)
}

fn stop(service: Option<Service>) {
    if let Some(service) = service {
        assert!(service.stop().success(), "the service did not stop as asked");
    }
}

fn paste(folder: &Folder, blocks: &[Block], address: &str) -> Vec<String> {
    let Some(Block { language, .. }) = blocks.first() else { return Vec::new() };
    assert!(blocks.iter().all(|block| block.language == *language), "one shell between two starts");
    let paste = |block: &Block| Paste {
        lines: block.lines.replace(ADDRESS, address),
        is_refused: block.is_refused(),
    };
    folder.paste(language, &blocks.iter().map(paste).collect::<Vec<_>>())
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}
