//! The words: all there in all languages, and put as each language wants them.

use super::*;
use crate::domain::partner_type::{AdminRole, PartnerType};
use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use sea_orm::Iterable;
use std::collections::{BTreeMap, BTreeSet};

fn written<T: serde::Serialize>(one: T) -> String {
    let value = serde_json::to_value(one).expect("JSON");
    value.as_str().expect("a name").to_owned()
}

pub(super) fn types() -> impl Iterator<Item = String> {
    PartnerType::iter().map(written)
}

pub(super) fn roles() -> Vec<String> {
    AdminRole::iter().map(written).collect()
}

/// Each text of a language with all that it holds, and the names of the variables in it.
fn texts(language: Language) -> BTreeMap<&'static str, (String, BTreeSet<String>)> {
    let mut texts: BTreeMap<&str, (String, BTreeSet<String>)> = BTreeMap::new();
    let mut key = "";
    let lines = language.source().lines();
    for line in lines.filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let mut value = line;
        if !line.starts_with(' ') {
            (key, value) = line.split_once(" =").expect("a key");
        }
        let (text, variables) = texts.entry(key).or_default();
        text.push_str(value.trim());
        text.push('\n');
        let names = value.split('$').skip(1);
        variables.extend(names.map(|rest| {
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
        }));
    }
    texts
}

/// What is somebody's name in a text.
const NAMES: [&str; 5] = ["{ $account }", "{ $inviter }", "{ $sender }", "{ $email }", "{ $name }"];

#[test]
fn l3_every_text_stands_in_every_language_with_the_same_variables() {
    let variables = |language| -> BTreeMap<_, _> {
        texts(language).into_iter().map(|(key, (_, variables))| (key, variables)).collect()
    };
    let english = variables(Language::English);
    assert!(english.len() > 100 && english["moment"].len() == 5, "{english:?}");
    for language in Language::ALL {
        assert_eq!(variables(language), english, "{language:?}");
    }
}

#[test]
fn every_file_of_words_is_read_whole() {
    for language in Language::ALL {
        let resource = FluentResource::try_new(language.source().to_owned());
        let resource = resource.map_err(|(_, errors)| errors).expect("a Fluent file");
        let mut bundle = FluentBundle::new_concurrent(vec![language.tag().parse().expect("a tag")]);
        bundle.add_resource(resource).expect("each key once");
        assert!(texts(language).keys().all(|key| bundle.has_message(key)));
    }
}

#[test]
fn t1_every_type_and_every_role_has_words_of_its_own_in_every_language() {
    for language in Language::ALL {
        let words = Words::of(language);
        let names: BTreeSet<_> =
            types().map(|name| write::kind::Kind::of(&name).name(&words).plain()).collect();
        assert_eq!(names.len(), PartnerType::iter().count(), "{language:?}: {names:?}");
        let roles: BTreeSet<_> = roles()
            .iter()
            .map(|name| write::kind::Role::of(name).put(&words, "role-with-can").plain())
            .collect();
        assert_eq!(roles.len(), AdminRole::iter().count(), "{language:?}: {roles:?}");
    }
}

#[test]
fn t1_the_reader_of_an_invitation_learns_what_its_type_and_its_roles_permit() {
    let text = |partner_type: &str, roles: &[&str]| {
        let letter = Letter::Invitation {
            partner_type: partner_type.to_owned(),
            sender_account: "Nordlicht".to_owned(),
            inviter: String::new(),
            message: String::new(),
            admin_roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            role_days: Some(90),
            role_extends: false,
            expires_at: None,
        };
        letter.render(Language::English, None).text
    };
    let reseller = text("RESELLER", &[]);
    assert!(reseller.contains("- sell you products and services\n- manage your subscriptions\n"));
    assert!(reseller.contains("only Nordlicht can end"), "{reseller}");
    assert!(!reseller.contains("administrator roles"), "{reseller}");
    let advisor = text("ADVISOR", &["PASSWORD_ADMIN"]);
    assert!(advisor.contains("- reset passwords (Password administrator)\n"), "{advisor}");
    assert!(advisor.contains("end 90 days after you accept"), "{advisor}");
    assert!(advisor.contains("Either organisation can end"), "{advisor}");
    let collaboration = text("COLLABORATION", &[]);
    assert!(collaboration.contains("both organisations will be able to:\n- share files"));
    assert!(!collaboration.contains("agreement"), "{collaboration}");
}

#[test]
fn a_type_or_a_role_of_a_later_release_is_not_explained_but_named() {
    for language in Language::ALL {
        let later = Letter::Invitation {
            partner_type: "FRANCHISE.x".to_owned(),
            sender_account: "Nordlicht".to_owned(),
            inviter: String::new(),
            message: String::new(),
            admin_roles: vec!["COFFEE_ADMIN".to_owned()],
            role_days: None,
            role_extends: false,
            expires_at: None,
        };
        let Rendered { subject, text, .. } = later.render(language, None);
        assert!(!subject.contains("FRANCHISE"), "{subject}");
        assert!(text.contains("COFFEE_ADMIN"), "{text}");
    }
}

#[test]
fn t7_days_are_counted_in_the_plural_where_there_are_several() {
    let subject = |language, days_left| {
        let letter = Letter::RoleExpiry {
            partner_account: "Nordlicht".to_owned(),
            partner_type: "ADVISOR".to_owned(),
            admin_roles: roles(),
            expires_at: 0,
            days_left,
            extends: false,
            recipient_is_provider: false,
        };
        letter.render(language, None).subject
    };
    let expected = [
        (Language::English, ["in less than a day", "in 1 day", "in 30 days"]),
        (Language::French, ["dans moins d’un jour", "dans 1\u{a0}jour", "dans 30\u{a0}jours"]),
        (Language::Swedish, ["inom ett dygn", "om 1 dag", "om 30 dagar"]),
        (Language::Dutch, ["binnen 24 uur", "over 1 dag", "over 30 dagen"]),
        (
            Language::Korean,
            ["24시간 이내에 종료됩니다", "1일 후에 종료됩니다", "30일 후에 종료됩니다"],
        ),
    ];
    for (language, endings) in expected {
        for (days, ending) in [0, 1, 30].into_iter().zip(endings) {
            assert!(subject(language, days).ends_with(ending), "{}", subject(language, days));
        }
    }
}

#[test]
fn t7_each_side_reads_what_it_can_do_about_roles_that_end() {
    let text = |extends, recipient_is_provider| {
        let letter = Letter::RoleExpiry {
            partner_account: "Nordlicht".to_owned(),
            partner_type: "ADVISOR".to_owned(),
            admin_roles: roles(),
            expires_at: 0,
            days_left: 7,
            extends,
            recipient_is_provider,
        };
        letter.render(Language::English, None).text.replace('\n', " ")
    };
    assert!(text(false, false).contains("Nordlicht can no longer use them"));
    assert!(text(false, true).contains("send Nordlicht a new invitation"));
    let extended = text(true, false);
    assert!(extended.contains("by 180 days") && extended.contains("remove the roles before then"));
    assert!(text(true, true).contains("You do not need to do anything"));
}

#[test]
fn a_moment_is_told_as_each_language_tells_it() {
    let moments = |at| Language::ALL.map(|one| date::moment(&Words::of(one), at).plain());
    let first_of_march = 1_709_251_500; // 2024, a leap year
    assert_eq!(
        moments(first_of_march),
        [
            "1 March 2024 at 00:05 UTC",
            "1er mars 2024 à 00\u{a0}h\u{a0}05 (UTC)",
            "1 mars 2024 kl. 00.05 (UTC)",
            "1 maart 2024 om 00.05 uur (UTC)",
            "2024년 3월 1일 00:05(UTC)",
        ]
    );
    assert_eq!(moments(i64::MIN)[0], "1 January 1970 at 00:00 UTC");
    assert_eq!(moments(i64::MAX)[0], "31 December 9999 at 23:59 UTC");
}

#[test]
fn korean_puts_no_particle_after_a_name_that_depends_on_how_the_name_ends() {
    const DEPENDS: &str = "은는이가을를와과로으아야";
    for (key, (text, _)) in texts(Language::Korean) {
        for name in NAMES {
            let next = text.split(name).skip(1).filter_map(|rest| rest.chars().next());
            for c in next {
                assert!(!DEPENDS.contains(c), "{key}: {name}{c}");
            }
        }
    }
}

#[test]
fn french_never_elides_before_a_name_and_keeps_its_punctuation_with_the_word_before() {
    for (key, (text, _)) in texts(Language::French) {
        for name in NAMES {
            for before in ["de ", "que ", "d’", "qu’", "l’", "du ", "le "] {
                assert!(!text.contains(&format!("{before}{name}")), "{key}: {before}{name}");
            }
        }
        for mark in [" :", " ;", " ?", " !", "'"] {
            assert!(!text.contains(mark), "{key}: {text}");
        }
    }
}
