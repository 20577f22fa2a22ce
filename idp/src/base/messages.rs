//! The texts that people read, from Fluent files: one per language, English where a language has none.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, anyhow};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::language::Language;

/// All messages in all languages; loaded once.
pub struct Messages {
    bundles: Vec<FluentBundle<FluentResource>>,
    reported: Mutex<HashSet<(&'static str, String)>>,
}

impl Messages {
    /// Reads every language file; an error names the first that cannot be read.
    pub fn load() -> anyhow::Result<Messages> {
        let bundles = Language::all()
            .map(|language| bundle(language).with_context(|| format!("messages of {}", language.tag())))
            .collect::<anyhow::Result<_>>()?;
        Ok(Messages { bundles, reported: Mutex::default() })
    }

    /// The message of a key.
    pub fn text(&self, language: Language, key: &str) -> String {
        self.format(language, key, None)
    }

    /// The message of a key with its placeables filled.
    pub fn text_with<'v, V>(&self, language: Language, key: &str, values: &[(&str, V)]) -> String
    where
        V: Clone + Into<FluentValue<'v>>,
    {
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            arguments.set(name.to_string(), isolated(value.clone().into(), language));
        }
        self.format(language, key, Some(&arguments))
    }

    /// The message in the language, else in English, else the key in brackets: a page with a gap is better than no
    /// page. A missing message is reported once.
    fn format(&self, language: Language, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        if let Some(text) = self.format_in(language, key, arguments) {
            return text;
        }
        self.report(language, key);
        self.format_in(Language::ENGLISH, key, arguments).unwrap_or_else(|| format!("⟦{key}⟧"))
    }

    fn format_in(&self, language: Language, key: &str, arguments: Option<&FluentArgs<'_>>) -> Option<String> {
        let bundle = &self.bundles[language.index()];
        let pattern = bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, arguments, &mut errors);
        errors.is_empty().then(|| text.into_owned())
    }

    fn report(&self, language: Language, key: &str) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.insert((language.tag(), key.to_owned())) {
            tracing::warn!(language = language.tag(), key, "a message is missing or has other placeables");
        }
    }
}

fn bundle(language: Language) -> anyhow::Result<FluentBundle<FluentResource>> {
    let resource =
        FluentResource::try_new(language.messages().to_owned()).map_err(|(_, errors)| anyhow!("{errors:?}"))?;
    let mut bundle = FluentBundle::new_concurrent(vec![language.tag().parse::<LanguageIdentifier>()?]);
    // Values are isolated below, and only where their direction needs it: marks around every name would be copied
    // with it.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).map_err(|errors| anyhow!("{errors:?}"))?;
    Ok(bundle)
}

/// A value that cannot change the direction of the text around it: a value of the other direction is isolated
/// (U+2068 … U+2069: UAX #9), and direction marks inside it are removed.
fn isolated<'v>(value: FluentValue<'v>, language: Language) -> FluentValue<'v> {
    let FluentValue::String(text) = value else { return value };
    let text = unturned(text);
    if language.is_right_to_left() || text.contains(runs_right_to_left) {
        return FluentValue::String(Cow::Owned(format!("\u{2068}{text}\u{2069}")));
    }
    FluentValue::String(text)
}

/// A text without the marks that change the direction of the text after them: a name needs none.
pub fn unturned<'v>(text: impl Into<Cow<'v, str>>) -> Cow<'v, str> {
    let text = text.into();
    if text.contains(turns_text) { Cow::Owned(text.replace(turns_text, "")) } else { text }
}

fn turns_text(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn runs_right_to_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn russian() -> Language {
        Language::lookup("ru").unwrap()
    }

    #[test]
    fn numbers_choose_the_plural() {
        let messages = Messages::load().unwrap();
        for (seconds, expected) in [(1, "1 секунду"), (3, "3 секунды"), (42, "42 секунды"), (11, "11 секунд")]
        {
            let text = messages.text_with(russian(), "sign-in-too-many-tries", &[("seconds", seconds)]);
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_name_cannot_turn_the_words_around_it() {
        let messages = Messages::load().unwrap();
        let text = |client| messages.text_with(Language::ENGLISH, "sign-in-for-client", &[("client", client)]);
        assert_eq!(text("Notes"), "to continue to Notes");
        assert_eq!(text("\u{202e}Notes\u{2066}"), "to continue to Notes");
        assert_eq!(text("סידני"), "to continue to \u{2068}סידני\u{2069}");
    }

    #[test]
    fn what_is_missing_shows_its_key_and_is_reported_once() {
        let messages = Messages::load().unwrap();
        for _ in 0..2 {
            assert_eq!(messages.text(russian(), "no-such-key"), "⟦no-such-key⟧");
        }
        assert_eq!(messages.reported.lock().unwrap().len(), 1);
        // A message whose placeable is missing counts as missing.
        assert_eq!(messages.text(russian(), "sign-in-for-client"), "⟦sign-in-for-client⟧");
    }

    #[test]
    fn messages_can_be_shared() {
        fn shared<T: Send + Sync>() {}
        shared::<Messages>();
    }
}
