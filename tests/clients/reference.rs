//! The reference of refusals, `docs/errors.md`: written from the protos, so that it cannot say anything else.

use super::pages;
use super::support::published::{PUBLISHED, Published, Reason};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const PAGE: &str = "docs/errors.md";
const HEADING: &str = "\n## Every reason\n";

#[test]
fn the_reference_of_refusals_says_what_the_protos_say() {
    let page = pages::text_of(PAGE);
    let from = page.find(HEADING).expect("the heading");
    let expected = format!("{HEADING}{}", reference(&PUBLISHED));
    if pages::is_blessing() {
        pages::replace(PAGE, vec![(from..page.len(), expected)]);
    } else {
        assert!(
            page[from..] == expected,
            "{PAGE} is not what the protos say; README_BLESS=1 writes it"
        );
    }
}

#[test]
fn every_reason_is_listed_by_an_rpc_or_can_be_given_by_every_call() {
    let listed: BTreeSet<&String> = PUBLISHED.rpcs.iter().flat_map(|rpc| &rpc.listed).collect();
    for Reason { name, .. } in &PUBLISHED.reasons {
        let is_given = listed.contains(name) || PUBLISHED.of_every_call.contains(name);
        assert!(is_given, "no RPC's comment lists {name}");
    }
}

/// An overview by code, and a section for each reason, which links lead to.
fn reference(published: &Published) -> String {
    let mut text = String::from("\n| code | reasons |\n|---|---|\n");
    for of_one_code in published.reasons.chunk_by(|one, next| one.code == next.code) {
        let link = |Reason { name, .. }: &Reason| format!("[{name}](#{})", name.to_lowercase());
        let links: Vec<String> = of_one_code.iter().map(link).collect();
        let _ = writeln!(text, "| {} | {} |", of_one_code[0].code, links.join(", "));
    }
    for reason in &published.reasons {
        let Reason { name, code, text: said, metadata, .. } = reason;
        let _ = write!(text, "\n### {name}\n\n{code}. {said}\n\n");
        if !metadata.is_empty() {
            let _ = write!(text, "Metadata: {metadata}. ");
        }
        let _ = writeln!(text, "Given by {}.", given_by(published, name));
    }
    text
}

fn given_by(published: &Published, reason: &str) -> String {
    if published.of_every_call.contains(reason) {
        let never = published.rpcs.iter().filter(|rpc| !published.allows(&rpc.path, reason));
        let never: String = never.map(|rpc| format!(" but {}", rpc.name)).collect();
        return format!("any call{never}");
    }
    let lists = published.rpcs.iter().filter(|rpc| rpc.listed.contains(reason));
    lists.map(|rpc| rpc.name.as_str()).collect::<Vec<_>>().join(", ")
}
