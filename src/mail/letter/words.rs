//! The words of one language, read once from its Fluent file, with what is filled into them.

use super::clean::Marked;
use super::language::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

type Bundle = FluentBundle<FluentResource>;

/// How much of a name a subject shows, in characters.
const SUBJECT_NAME: usize = 60;
/// How much of a name or an address stands in a letter: all that the service lets anybody type.
const NAME: usize = 254;

/// What fills a place in a text.
#[derive(Clone, Copy)]
pub(super) enum Fill<'a> {
    /// Somebody else's: cleaned, cut and marked on its way in.
    Theirs(&'a str),
    /// Made of our own words.
    Ours(&'a Marked),
    /// A number that words may depend on.
    Count(u32),
    /// Digits as they are.
    Digits(&'a str),
}

/// A language to write in.
pub(super) struct Words {
    bundle: &'static Bundle,
}

static BUNDLES: LazyLock<[Bundle; 5]> = LazyLock::new(|| Language::ALL.map(bundle));

fn bundle(language: Language) -> Bundle {
    let tag: LanguageIdentifier = language.tag().parse().expect("a tag of ours");
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // isolation is ours: around what others typed, and only there (clean.rs)
    bundle.set_use_isolating(false);
    // what can be read is taken; a test sees to it that this is all, and each key once
    let resource = FluentResource::try_new(language.source().to_owned());
    let _ = bundle.add_resource(resource.unwrap_or_else(|(readable, _)| readable));
    bundle
}

impl Words {
    pub fn of(language: Language) -> Self {
        let at = Language::ALL.iter().position(|one| *one == language).unwrap_or_default();
        Self { bundle: &BUNDLES[at] }
    }

    /// The text of a key, filled in.
    pub fn say(&self, key: &str, fills: &[(&'static str, Fill)]) -> Marked {
        self.fill(key, fills, NAME)
    }

    /// Somebody else's line by itself.
    pub fn theirs(&self, raw: &str) -> Marked {
        Marked::theirs(raw, NAME)
    }

    /// The same for a subject: names are cut to what a list of mails can show.
    pub fn subject(&self, key: &str, fills: &[(&'static str, Fill)]) -> Marked {
        self.fill(key, fills, SUBJECT_NAME)
    }

    fn fill(&self, key: &str, fills: &[(&'static str, Fill)], most: usize) -> Marked {
        let pattern = self.bundle.get_message(key).and_then(|message| message.value());
        debug_assert!(pattern.is_some(), "no text {key}");
        let Some(pattern) = pattern else { return Marked::ours(key) };
        let mut args = FluentArgs::new();
        for (name, fill) in fills {
            match fill {
                Fill::Theirs(raw) => args.set(*name, Marked::theirs(raw, most).into_inner()),
                Fill::Ours(text) => args.set(*name, text.as_inner().to_owned()),
                Fill::Count(number) => args.set(*name, *number),
                Fill::Digits(digits) => args.set(*name, (*digits).to_owned()),
            }
        }
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&args), &mut errors);
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        Marked::ours(&text)
    }
}
