//! The texts that people read, from Fluent files: English where a language has none, and those of the operator before ours.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, anyhow};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use super::language::{Language, Languages};
use super::language_file::{DIRECTION, LanguageFile, NAME};

type Bundle = FluentBundle<FluentResource>;

/// The messages of one language.
struct Layers {
    /// Those of the operator, which come first.
    operators: Option<Bundle>,
    /// Those in the binary.
    embedded: Option<Bundle>,
}

/// All messages in all languages.
pub struct Messages {
    languages: Languages,
    layers: HashMap<Language, Layers>,
    files: Vec<LanguageFile>,
    reported: Mutex<HashSet<(Language, String)>>,
}

impl Messages {
    /// The messages in the binary, and those of these files, which come first.
    pub fn new(files: &[LanguageFile]) -> anyhow::Result<Messages> {
        let embedded = LanguageFile::embedded();
        let added = files.iter().filter(|file| embedded.iter().all(|known| known.id != file.id));
        let (mut languages, mut layers) = (Vec::new(), HashMap::new());
        for id in embedded.iter().chain(added).map(|file| &file.id) {
            let of = |files: &[LanguageFile]| files.iter().find(|file| file.id == *id).map(bundle).transpose();
            let both = Layers { operators: of(files)?, embedded: of(&embedded)? };
            let right_to_left = both.format(DIRECTION, None).map(|direction| direction == "rtl");
            let language = Language::new(id, both.format(NAME, None), right_to_left);
            languages.push(language.clone());
            layers.insert(language, both);
        }
        let mut languages = languages.into_iter();
        let english = languages.next().context("there is no language")?;
        let languages = Languages::new(english, languages.collect());
        Ok(Messages { languages, layers, files: files.to_vec(), reported: Mutex::default() })
    }

    /// The languages that there are messages in.
    pub fn languages(&self) -> &Languages {
        &self.languages
    }

    /// Whether these are the messages of these files.
    pub fn are_of(&self, files: &[LanguageFile]) -> bool {
        self.files == files
    }

    /// The message of a key.
    pub fn text(&self, language: &Language, key: &str) -> String {
        self.format(language, key, None)
    }

    /// The message of a key with its placeables filled.
    pub fn text_with<'v, V>(&self, language: &Language, key: &str, values: &[(&str, V)]) -> String
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
    /// page.
    fn format(&self, language: &Language, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let layers = self.layers.get(language);
        if let Some(text) = layers.and_then(|layers| layers.format(key, arguments)) {
            return text;
        }
        // What a language of the operator lacks, the start has told.
        if layers.is_some_and(|layers| layers.embedded.is_some()) {
            self.report(language, key);
        }
        let english = self.layers.get(self.languages.english());
        english.and_then(|english| english.format(key, arguments)).unwrap_or_else(|| format!("⟦{key}⟧"))
    }

    /// Reports a missing message, once.
    fn report(&self, language: &Language, key: &str) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.insert((language.clone(), key.to_owned())) {
            tracing::warn!(language = language.tag(), key, "a message is missing or has other placeables");
        }
    }
}

impl Layers {
    /// The message of the operator, else that in the binary.
    fn format(&self, key: &str, arguments: Option<&FluentArgs<'_>>) -> Option<String> {
        let format_in = |bundle: &Bundle| {
            let pattern = bundle.get_message(key)?.value()?;
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, arguments, &mut errors);
            errors.is_empty().then(|| text.into_owned())
        };
        [&self.operators, &self.embedded].into_iter().flatten().find_map(format_in)
    }
}

fn bundle(file: &LanguageFile) -> anyhow::Result<Bundle> {
    let read = || {
        let resource = FluentResource::try_new(file.source.to_string()).map_err(|(_, errors)| anyhow!("{errors:?}"))?;
        let mut bundle = FluentBundle::new_concurrent(vec![file.id.clone()]);
        // Values are isolated below, and only where their direction needs it: marks around every name would be copied
        // with it.
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).map_err(|errors| anyhow!("{errors:?}"))?;
        anyhow::Ok(bundle)
    };
    read().with_context(|| format!("messages of {}", file.id))
}

/// A value that cannot change the direction of the text around it: a value of the other direction is isolated
/// (U+2068 … U+2069: UAX #9), and direction marks inside it are removed.
fn isolated<'v>(value: FluentValue<'v>, language: &Language) -> FluentValue<'v> {
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

    fn embedded() -> Messages {
        Messages::new(&[]).unwrap()
    }

    /// The messages with those of a file before them, and its language.
    fn with_file(tag: &str, source: &str) -> (Messages, Language) {
        let file = LanguageFile { id: tag.parse().unwrap(), source: source.into() };
        let messages = Messages::new(&[file]).unwrap();
        let language = messages.languages().lookup(tag).unwrap();
        (messages, language)
    }

    fn russian(messages: &Messages) -> Language {
        messages.languages().lookup("ru").unwrap()
    }

    #[test]
    fn numbers_choose_the_plural() {
        let messages = embedded();
        for (seconds, expected) in [(1, "1 секунду"), (3, "3 секунды"), (42, "42 секунды"), (11, "11 секунд")]
        {
            let text = messages.text_with(&russian(&messages), "sign-in-too-many-tries", &[("seconds", seconds)]);
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn arabic_has_six_plurals_and_begins_its_lines_at_the_right() {
        let messages = embedded();
        let arabic = messages.languages().lookup("ar-EG").unwrap();
        assert_eq!((arabic.name(), arabic.direction()), ("العربية", "rtl"));
        for (count, expected) in [
            (0, "قبل 0 يوم"),
            (1, "قبل يوم واحد"),
            (2, "قبل يومين"),
            (7, "قبل 7 أيام"),
            (11, "قبل 11 يومًا"),
            (100, "قبل 100 يوم"),
        ] {
            assert_eq!(messages.text_with(&arabic, "ago-days", &[("count", count)]), expected);
        }
        // A name keeps its own direction, whatever it begins with.
        let text = messages.text_with(&arabic, "sign-in-for-client", &[("client", "Notes (beta)")]);
        assert_eq!(text, "للمتابعة إلى \u{2068}Notes (beta)\u{2069}");
    }

    #[test]
    fn a_name_cannot_turn_the_words_around_it() {
        let (messages, english) = with_file("en", "sign-in-for-client = to continue to { $client }");
        let text = |client| messages.text_with(&english, "sign-in-for-client", &[("client", client)]);
        assert_eq!(text("Notes"), "to continue to Notes");
        assert_eq!(text("\u{202e}Notes\u{2066}"), "to continue to Notes");
        assert_eq!(text("סידני"), "to continue to \u{2068}סידני\u{2069}");
    }

    #[test]
    fn what_is_missing_shows_its_key_and_is_reported_once() {
        let messages = embedded();
        let russian = russian(&messages);
        for _ in 0..2 {
            assert_eq!(messages.text(&russian, "no-such-key"), "⟦no-such-key⟧");
        }
        assert_eq!(messages.reported.lock().unwrap().len(), 1);
        // A message whose placeable is missing counts as missing.
        assert_eq!(messages.text(&russian, "sign-in-for-client"), "⟦sign-in-for-client⟧");
    }

    #[test]
    fn a_file_adds_a_language_which_falls_back_to_english() {
        let source = "language-name = Português (Brasil)\nsign-in = Entrar\nback-to-client = { $operator }\n";
        let (messages, portuguese) = with_file("pt-BR", source);
        assert_eq!(messages.languages().all().last(), Some(&portuguese));
        assert_eq!((portuguese.name(), portuguese.direction()), ("Português (Brasil)", "ltr"));
        assert_eq!(messages.text(&portuguese, "sign-in"), "Entrar");
        let english = messages.languages().english();
        assert_eq!(messages.text(&portuguese, "sign-out"), messages.text(english, "sign-out"));
        // The page does not fill what the text wants.
        let text = |language| messages.text_with(language, "back-to-client", &[("client", "Notes")]);
        assert_eq!(text(&portuguese), text(english));
        assert!(messages.reported.lock().unwrap().is_empty(), "the start has told it");
    }

    #[test]
    fn a_file_overrides_single_messages_of_a_language() {
        let (messages, russian) =
            with_file("ru", "sign-in = Вход в личный кабинет\nsign-in-for-client = { $person }\n");
        assert_eq!(messages.languages().all().count(), embedded().languages().all().count());
        assert_eq!(messages.text(&russian, "sign-in"), "Вход в личный кабинет");
        assert_eq!(messages.text(&russian, "sign-out"), embedded().text(&russian, "sign-out"));
        let text = |messages: &Messages| messages.text_with(&russian, "sign-in-for-client", &[("client", "Notes")]);
        assert_eq!(text(&messages), text(&embedded()));
        // What the operator says in English is what other languages fall back to.
        let (messages, english) = with_file("en", "sign-in = Log in");
        let klingon = Language::new(&"tlh".parse().unwrap(), None, None);
        assert_eq!(
            (messages.text(&english, "sign-in"), messages.text(&klingon, "sign-in")),
            ("Log in".into(), "Log in".into())
        );
    }

    #[test]
    fn the_direction_can_be_said() {
        assert_eq!(with_file("tlh", "language-direction = rtl").1.direction(), "rtl");
        assert_eq!(with_file("he", "sign-in = A").1.direction(), "rtl");
        assert_eq!(with_file("he-Latn", "sign-in = A").1.direction(), "ltr");
    }

    #[test]
    fn messages_are_known_by_the_files_that_they_are_of() {
        let file = |source: &str| [LanguageFile { id: "ru".parse().unwrap(), source: source.into() }];
        let messages = Messages::new(&file("sign-in = A")).unwrap();
        assert!(messages.are_of(&file("sign-in = A")));
        assert!(!messages.are_of(&file("sign-in = B")) && !messages.are_of(&[]));
    }

    #[test]
    fn messages_can_be_shared() {
        fn shared<T: Send + Sync>() {}
        shared::<Messages>();
    }
}
