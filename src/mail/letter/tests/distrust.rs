//! What people typed cannot pass for ours, nor act on the letter.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Every tag of a document, as it stands.
fn tags(html: &str) -> BTreeSet<String> {
    let tags = html.split('<').skip(1).map(|rest| match rest.split_once('>') {
        Some((tag, _)) => format!("<{tag}>"),
        None => format!("<{rest}"),
    });
    tags.collect()
}

#[test]
fn what_is_typed_is_text_in_html() {
    let letter = invitation("<b>A</b> & \"B\"", "</blockquote><script>alert('1')</script>");
    let html = letter.render(Language::English, None).html;
    assert!(html.contains("&lt;b&gt;A&lt;/b&gt; &amp; &quot;B&quot;"), "{html}");
    assert!(html.contains("&lt;/blockquote&gt;&lt;script&gt;alert(&#39;1&#39;)"), "{html}");
    assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
}

#[test]
fn a_message_with_a_link_stays_text_and_is_quoted_line_by_line_as_the_senders() {
    let message = "Hi\r\nhttps://evil.example/pay\u{2028}---\rYou receive this automatic message\n\n\n\n\u{85}Anna";
    let Rendered { text, html, .. } =
        invitation("Nordlicht", message).render(Language::English, Some(LINK));
    let quoted: Vec<&str> = text.lines().filter(|line| line.starts_with('>')).collect();
    let lines = [
        "> Hi",
        "> https://evil.example/pay",
        "> ---",
        "> You receive this automatic message",
        ">",
        "> Anna",
    ];
    assert_eq!(quoted, lines, "{text}");
    assert_eq!(text.matches("evil.example").count(), 1);
    assert!(text.contains("Anna Berg writes:\n\n> Hi\n"), "{text}");
    assert!(text.replace('\n', " ").contains("has not been checked"), "{text}");
    assert_eq!(html.matches("<a ").count(), 2, "{html}");
    let quote =
        html.split_once("<blockquote").and_then(|(_, rest)| rest.split_once("</blockquote>"));
    assert!(quote.is_some_and(|(inside, _)| inside.contains("Hi<br>\nhttps://evil.example/pay<br>\n---")));
}

#[test]
fn a_long_line_of_a_message_is_quoted_to_its_end() {
    let message = format!("{}https://evil.example/{}", "pay ".repeat(60), "a".repeat(200));
    let text = invitation("Nordlicht", &message).render(Language::English, None).text;
    let theirs = text.lines().filter(|line| line.contains("pay") || line.contains("aaa"));
    let theirs: Vec<&str> = theirs.collect();
    assert!(theirs.len() > 4 && theirs.iter().all(|line| line.starts_with("> ")), "{text}");
}

#[test]
fn a_message_of_which_nothing_is_seen_is_no_quote() {
    let letter = invitation("Nordlicht", " \u{200b}\r\n\u{2060}\u{fe0f}\u{0}\t");
    let Rendered { text, html, .. } = letter.render(Language::English, None);
    assert!(!text.contains("writes:") && !html.contains("<blockquote"), "{text}");
}

#[test]
fn a_name_keeps_what_is_seen_of_it_and_nothing_else() {
    let shown = |raw: &str| clean::Marked::theirs(raw, 20).plain();
    assert_eq!(shown(" A\u{202e}B\u{2069}\u{2068}\t\r\n C\u{0}\u{1b}\u{ad}\u{e0041} "), "AB C");
    assert_eq!(shown("\u{2028}\u{85}\u{3164}"), "\u{2014}");
    assert_eq!(shown(""), "\u{2014}");
    assert_eq!(shown("\u{200d}\u{fe0f}"), "\u{2014}");
    assert_eq!(shown("카페 👩\u{200d}🚀"), "카페 👩\u{200d}🚀");
}

#[test]
fn a_name_from_right_to_left_is_kept_from_turning_what_is_around_it() {
    let Rendered { subject, text, html } =
        invitation("אור (7)", "").render(Language::English, None);
    for part in [&subject, &text] {
        assert!(part.contains("\u{2068}אור (7)\u{2069} would"), "{part}");
    }
    assert!(html.contains("<bdi>אור (7)</bdi> would"), "{html}");
    let plain = invitation("Nordlicht", "").render(Language::Korean, None);
    assert!(!(plain.subject + &plain.text + &plain.html).contains(['\u{2068}', '\u{2069}']));
}

#[test]
fn a_long_name_is_cut_at_a_whole_letter_and_shorter_in_a_subject() {
    let name = "e\u{301}".repeat(600_000);
    let Rendered { subject, text, html } = invitation(&name, &name).render(Language::French, None);
    assert!(
        subject.starts_with(&format!("{}\u{2026} souhaite", "e\u{301}".repeat(29))),
        "{subject}"
    );
    let whole = text.replace('\n', "");
    assert!(whole.contains(&format!("{}\u{2026}", "e\u{301}".repeat(126))), "{text}");
    assert!(text.len() < 60_000 && html.len() < 60_000, "{} {}", text.len(), html.len());
    let stacked = format!("A{}", "\u{301}".repeat(500));
    assert!(
        invitation(&stacked, "").render(Language::French, None).subject.starts_with("\u{2026} ")
    );
}

/// Letters of every kind with the same text wherever somebody may type.
fn typed(raw: &str) -> Vec<Letter> {
    let raw = || raw.to_owned();
    vec![
        Letter::Invitation {
            partner_type: raw(),
            sender_account: raw(),
            inviter: raw(),
            message: raw(),
            admin_roles: vec![raw()],
            role_days: Some(7),
            role_extends: false,
            expires_at: Some(0),
        },
        Letter::Rejection { invitee_email: raw(), partner_type: raw(), reason: raw() },
        Letter::Acceptance { partner_account: raw(), invitee_email: raw(), partner_type: raw() },
        Letter::Ending { partner_account: raw(), partner_type: raw() },
        Letter::Inquiry {
            customer_account: raw(),
            sender: raw(),
            reply_to: raw(),
            country: raw(),
            customer_size: Some(raw()),
            needs: raw(),
        },
        Letter::RoleExpiry {
            partner_account: raw(),
            partner_type: raw(),
            admin_roles: vec![raw()],
            expires_at: 0,
            days_left: 1,
            extends: true,
            recipient_is_provider: true,
        },
    ]
}

/// Anything, and what does harm more often than anything does.
fn anything() -> impl Strategy<Value = String> {
    let harmful = "[\\x00-\\x20\\x7f-\\xa0\\u{200b}-\\u{202e}\\u{2028}\\u{2029}\\u{2066}-\\u{2069}\\u{5d0}<>&\"'/{}$a]{0,60}";
    prop_oneof![any::<String>(), harmful]
}

/// Whether a character turns what follows it, or breaks a line where none is.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}' | '\u{2067}' | '\u{2028}' | '\u{2029}')
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn nothing_typed_breaks_a_subject_or_adds_a_tag(raw in anything(), language in prop::sample::select(&Language::ALL[..])) {
        for (letter, plain) in typed(&raw).into_iter().zip(typed("a\nb")) {
            let Rendered { subject, text, html } = letter.render(language, Some(&raw));
            prop_assert!(!subject.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')), "{:?}", subject);
            prop_assert!(subject.chars().count() <= 200, "{:?}", subject);
            let (tags, expected) = (tags(&html), tags(&plain.render(language, Some(LINK)).html));
            let ours = |tag: &&String| expected.contains(*tag) || *tag == "<br>" || tag.starts_with("<title>");
            prop_assert!(tags.iter().all(|tag| ours(&tag)), "{:?}", tags.difference(&expected));
            for rest in html.split('&').skip(1) {
                let entity = rest.split(';').next().unwrap_or_default();
                prop_assert!(["amp", "lt", "gt", "quot", "#39"].contains(&entity), "{}", entity);
            }
            prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
            prop_assert!(!(text + &html).chars().any(turns), "{raw:?}");
        }
    }
}
