//! The README, pasted line by line.

use super::readme::{self, Block, PORT};
use super::service::{Service, url};
use super::shell::{Folder, Paste};
use super::support::database::{TestDatabase, TestEngine, engine};

/// The URL in the README's line for PostgreSQL.
const URL: &str = "postgres://partner:secret@127.0.0.1:5432/partner";

#[tokio::test]
async fn the_readme_pasted_into_a_shell_prints_what_it_says() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let service = match engine() {
        TestEngine::Sqlite => Service::start(&folder, &readme::line("serve"), None),
        TestEngine::Postgres => {
            let line = readme::line("serve-postgres");
            assert!(line.contains(URL), "{line} does not name {URL}");
            Service::start(&folder, &line.replace(URL, &database.url), None)
        }
    };
    // the strictest shell at hand, then the commonest
    paste(&folder, "sh", &readme::of_kind("quickstart"), &service.address);
    assert!(service.stop().success());

    paste(&folder, "sh", &readme::of_kind("jwt-key"), PORT);
    let service = Service::start(&folder, &readme::line("jwt-serve"), url(&database));
    paste(&folder, "bash", &readme::of_kind("jwt"), &service.address);
    assert!(service.stop().success());
}

fn paste(folder: &Folder, shell: &str, blocks: &[Block], address: &str) {
    let paste = |block: &Block| Paste {
        lines: block.lines.replace(PORT, address),
        is_refused: block.is_refused,
    };
    let printed = folder.paste(shell, &blocks.iter().map(paste).collect::<Vec<_>>());
    readme::compare(blocks, &printed);
}
