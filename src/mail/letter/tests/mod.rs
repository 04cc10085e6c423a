//! What every letter keeps to, in every language. Each of them is looked at whole in `snapshots/`.

mod distrust;
mod snapshots;
mod texts;

use super::*;

const LINK: &str = "https://partners.example/invitations/mm4A-7_q?a=1&b=2";

/// Letters of every kind, in every way that one of a kind can differ.
fn letters() -> Vec<Letter> {
    let mut letters: Vec<Letter> =
        Letter::KINDS.iter().map(|kind| Letter::sample(kind).expect("a sample")).collect();
    for partner_type in texts::types() {
        for (inviter, role_days, role_extends) in
            [("Anna Berg", Some(1), false), ("", None, false), ("Anna Berg", Some(90), true)]
        {
            letters.push(Letter::Invitation {
                partner_type: partner_type.clone(),
                sender_account: "Nordlicht Cloud".to_owned(),
                inviter: inviter.to_owned(),
                message: String::new(),
                admin_roles: texts::roles(),
                role_days,
                role_extends,
                expires_at: None,
            });
        }
        letters.push(Letter::Acceptance {
            partner_account: "Meridian".to_owned(),
            invitee_email: "bo@meridian.example".to_owned(),
            partner_type: partner_type.clone(),
        });
        letters.push(Letter::Ending { partner_account: "Meridian".to_owned(), partner_type });
    }
    for (days_left, extends, recipient_is_provider) in
        [(0, false, false), (1, false, true), (7, true, false), (30, true, true)]
    {
        letters.push(Letter::RoleExpiry {
            partner_account: "Nordlicht Cloud".to_owned(),
            partner_type: "ADVISOR".to_owned(),
            admin_roles: texts::roles(),
            expires_at: 1_797_863_400,
            days_left,
            extends,
            recipient_is_provider,
        });
    }
    letters.push(Letter::Inquiry {
        customer_account: "Meridian".to_owned(),
        sender: String::new(),
        reply_to: "bo@meridian.example".to_owned(),
        country: String::new(),
        customer_size: Some("1000+".to_owned()),
        needs: "Help.".to_owned(),
    });
    letters
}

/// Every letter in every language.
fn every() -> Vec<(Letter, Language, Rendered)> {
    let each = letters().into_iter().flat_map(|letter| {
        Language::ALL.map(|language| {
            let rendered = letter.render(language, Some(LINK));
            (letter.clone(), language, rendered)
        })
    });
    each.collect()
}

fn invitation(sender_account: &str, message: &str) -> Letter {
    Letter::Invitation {
        partner_type: "RESELLER".to_owned(),
        sender_account: sender_account.to_owned(),
        inviter: "Anna Berg".to_owned(),
        message: message.to_owned(),
        admin_roles: Vec::new(),
        role_days: None,
        role_extends: false,
        expires_at: None,
    }
}

#[test]
fn l2_every_letter_names_whom_it_is_about_in_its_subject_and_both_parts() {
    for (letter, language, Rendered { subject, text, html }) in every() {
        let name = match &letter {
            Letter::Invitation { sender_account: name, .. }
            | Letter::Rejection { invitee_email: name, .. }
            | Letter::Acceptance { partner_account: name, .. }
            | Letter::Ending { partner_account: name, .. }
            | Letter::Inquiry { customer_account: name, .. }
            | Letter::RoleExpiry { partner_account: name, .. } => name,
        };
        for part in [&subject, &text.replace('\n', " "), &html] {
            assert!(part.contains(name.as_str()), "{language:?} {letter:?}\n{part}");
        }
    }
}

#[test]
fn l2_the_link_stands_on_a_line_of_its_own_and_behind_one_button() {
    let escaped = LINK.replace('&', "&amp;");
    for (letter, language, Rendered { text, html, .. }) in every() {
        assert!(text.lines().any(|line| line == LINK), "{language:?} {letter:?}\n{text}");
        assert_eq!(html.matches(&format!("href=\"{escaped}\"")).count(), 2, "{html}");
        assert_eq!(html.matches("<a ").count(), 2, "{html}");
    }
}

#[test]
fn without_a_link_there_is_no_button() {
    for link in
        [None, Some("javascript:alert(1)"), Some("https://a.example/\n"), Some("/a"), Some("")]
    {
        let Rendered { text, html, .. } =
            invitation("Nordlicht", "").render(Language::English, link);
        assert!(!html.contains("<a "), "{html}");
        assert!(!text.contains("View the invitation"), "{text}");
    }
}

#[test]
fn lines_are_as_wide_as_a_reader_likes_unless_a_word_is_wider() {
    for (_, language, Rendered { text, .. }) in every() {
        for line in text.lines() {
            let is_one_word = !line.trim_start_matches("- ").contains(' ');
            let width = textwrap::core::display_width(line);
            assert!(width <= 72 || is_one_word, "{language:?} {width}: {line}");
            assert_eq!(line.trim_end(), line, "{language:?}");
        }
    }
}

#[test]
fn a_letter_is_kept_with_its_kind_and_read_again() {
    for kind in Letter::KINDS {
        let letter = Letter::sample(kind).expect("a sample");
        assert_eq!(letter.kind(), kind);
        let kept = serde_json::to_value(&letter).expect("JSON");
        assert_eq!(kept["kind"], kind);
        assert_eq!(serde_json::from_value::<Letter>(kept).expect("a letter"), letter);
    }
    assert_eq!(Letter::sample("farewell"), None);
}

#[test]
fn a_letter_kept_by_an_earlier_release_lacks_what_came_later() {
    let kept = r#"{"kind":"inquiry","customer_account":"A","sender":"","reply_to":"a@a.example","needs":"x"}"#;
    let letter: Letter = serde_json::from_str(kept).expect("a letter");
    assert!(letter.render(Language::Dutch, None).text.contains("a@a.example"));
}

#[test]
fn l3_a_locale_chooses_its_language_and_english_where_it_is_none_of_the_five() {
    let of = |locale| Language::of(Some(locale));
    assert_eq!(of("fr-CA"), Language::French);
    assert_eq!(of("SV"), Language::Swedish);
    assert_eq!(of("nl_BE"), Language::Dutch);
    assert_eq!(of("ko-Kore-KR"), Language::Korean);
    for locale in ["en-GB", "de", "frr", "f", "", "-", "\u{e9}"] {
        assert_eq!(of(locale), Language::English, "{locale}");
    }
    assert_eq!(Language::of(None), Language::English);
    for language in Language::ALL {
        assert_eq!(of(language.tag()), language);
        assert_eq!(serde_json::to_value(language).expect("JSON"), language.tag());
    }
}
