//! The languages of the pages, and which of them a person gets.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use unic_langid::{CharacterDirection, LanguageIdentifier};

/// How many tags of an `Accept-Language` header are read: no real list is longer.
const MOST_TAGS: usize = 64;

/// A language of the pages, as a handle that is cheap to clone. A language is known by its tag: a handle from before a
/// reload is equal to the one from after it.
#[derive(Clone)]
pub struct Language(Arc<Spoken>);

/// What is known about a language.
struct Spoken {
    tag: String,
    name: String,
    right_to_left: bool,
}

impl Language {
    /// The language of a tag. Without a name it is called by its tag; without a direction, the script that the language is
    /// most likely written in decides (the likely subtags of CLDR).
    pub fn new(id: &LanguageIdentifier, name: Option<String>, right_to_left: Option<bool>) -> Self {
        let tag = id.to_string();
        let right_to_left = right_to_left.unwrap_or_else(|| is_written_right_to_left(id));
        Self(Arc::new(Spoken { name: name.unwrap_or_else(|| tag.clone()), tag, right_to_left }))
    }

    /// The canonical tag: BCP 47.
    pub fn tag(&self) -> &str {
        &self.0.tag
    }

    /// Its name in the language itself.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The value of the `dir` attribute: `ltr` or `rtl`.
    pub fn direction(&self) -> &'static str {
        if self.is_right_to_left() { "rtl" } else { "ltr" }
    }

    /// Whether it is written from right to left.
    pub fn is_right_to_left(&self) -> bool {
        self.0.right_to_left
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.tag() == other.tag()
    }
}

impl Eq for Language {}

impl Hash for Language {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.tag().hash(state);
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

fn is_written_right_to_left(id: &LanguageIdentifier) -> bool {
    // With its script written out: `kk` alone is Cyrillic, and `kk-CN` is Arabic.
    let mut id = id.clone();
    id.maximize();
    id.character_direction() == CharacterDirection::RTL
}

/// The tag of a language, in any case and with hyphens or underscores; `None` if the text is no tag or names no language.
pub fn tag(text: &str) -> Option<LanguageIdentifier> {
    text.parse::<LanguageIdentifier>().ok().filter(|id| !id.language.is_empty())
}

/// The languages that there are pages in. English is always one of them.
#[derive(Clone, Debug)]
pub struct Languages {
    english: Language,
    others: Vec<Language>,
}

impl Languages {
    /// English and the others, in the order in which people are offered them.
    pub fn new(english: Language, others: Vec<Language>) -> Self {
        Self { english, others }
    }

    /// The default, and the fallback where another language has no text.
    pub fn english(&self) -> &Language {
        &self.english
    }

    /// Every language, English first.
    pub fn all(&self) -> impl Iterator<Item = &Language> {
        std::iter::once(&self.english).chain(&self.others)
    }

    /// The language of a tag, or of the nearest wider tag (`ru-RU` is `ru`): the lookup of RFC 4647 §3.4.
    pub fn lookup(&self, tag: &str) -> Option<Language> {
        let mut range = tag.trim();
        loop {
            if let Ok(wanted) = range.parse::<LanguageIdentifier>() {
                let canonical = wanted.to_string();
                if let Some(found) = self.all().find(|language| language.tag() == canonical) {
                    return Some(found.clone());
                }
            }
            range = &range[..range.rfind(['-', '_'])?];
        }
    }

    /// The language for a person: the one the client asked for (`ui_locales`: OIDC Core §3.1.2.1), else the one chosen
    /// before (a cookie), else the browser's preference (`Accept-Language`: RFC 9110 §12.5.4), else the operator's.
    pub fn negotiate<L: AsRef<str>>(
        &self,
        ui_locales: &[L],
        cookie: Option<&str>,
        accept_language: Option<&str>,
        otherwise: &Language,
    ) -> Language {
        let asked = ui_locales.iter().take(MOST_TAGS).find_map(|tag| self.lookup(tag.as_ref()));
        asked
            .or_else(|| cookie.and_then(|tag| self.lookup(tag)))
            .or_else(|| accept_language.and_then(|header| self.preferred(header)))
            .unwrap_or_else(|| otherwise.clone())
    }

    /// The best language of an `Accept-Language` header. Of equal weights the first counts; `q=0` means "not this one".
    fn preferred(&self, header: &str) -> Option<Language> {
        let mut wishes: Vec<(u16, &str)> = header.split(',').take(MOST_TAGS).filter_map(wish).collect();
        wishes.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let refused: Vec<&str> = wishes.iter().filter(|(weight, _)| *weight == 0).map(|(_, tag)| *tag).collect();
        wishes.iter().filter(|(weight, _)| *weight > 0).find_map(|(_, tag)| match *tag {
            "*" => self.all().find(|language| !refused.contains(&language.tag())).cloned(),
            tag => self.lookup(tag),
        })
    }
}

/// One element, `tag;q=0.8`, with its weight in thousandths; `None` if it has another form.
fn wish(element: &str) -> Option<(u16, &str)> {
    let mut parts = element.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let weight = match parts.next() {
        None => 1000,
        Some(parameter) => {
            let value = parameter.strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?;
            let weight = value.trim().parse::<f32>().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
            (weight * 1000.0) as u16
        }
    };
    Some((weight, tag))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn language(text: &str) -> Language {
        Language::new(&tag(text).unwrap(), None, None)
    }

    fn languages() -> Languages {
        Languages::new(language("en"), ["ru", "pt-BR"].map(language).to_vec())
    }

    fn negotiated(ui_locales: &[&str], cookie: Option<&str>, accept_language: Option<&str>) -> String {
        let languages = languages();
        languages.negotiate(ui_locales, cookie, accept_language, languages.english()).tag().to_owned()
    }

    #[test]
    fn the_client_is_heard_first_then_the_cookie_then_the_browser() {
        assert_eq!(negotiated(&["ru"], Some("en"), Some("en")), "ru");
        assert_eq!(negotiated(&["xx", "ru-RU"], None, None), "ru");
        assert_eq!(negotiated(&["xx"], Some("ru"), Some("en")), "ru");
        assert_eq!(negotiated(&[], Some("klingon"), Some("ru")), "ru");
        assert_eq!(negotiated(&[], None, None), "en");
    }

    #[test]
    fn the_browser_is_understood_with_its_weights() {
        for (header, expected) in [
            ("ru", "ru"),
            ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"),
            ("en;q=0.3, RU-ru ; q=0.4", "ru"),
            ("de, fr;q=0.9, ru;q=0.1", "ru"),
            ("pt-br, ru;q=0.1", "pt-BR"),
            ("pt-PT, ru;q=0.1", "ru"),
            ("ru;q=0, en;q=0.5", "en"),
            ("en;q=0, *", "ru"),
            ("*", "en"),
            ("ru;q=2", "en"),
            ("ru;level=1", "en"),
            ("ru-x-private, en;q=0.1", "ru"),
            (",,;q=1,", "en"),
            ("", "en"),
        ] {
            assert_eq!(negotiated(&[], None, Some(header)), expected, "{header:?}");
        }
    }

    #[test]
    fn a_language_is_found_by_its_tag_however_it_is_written() {
        for written in ["pt-BR", "PT-br", "pt_BR"] {
            assert_eq!(languages().lookup(written).unwrap().tag(), "pt-BR");
        }
        assert_eq!(languages().lookup("pt"), None, "a wider tag is another language");
        for none in ["", "und", "-", "brazilian portuguese", "p"] {
            assert_eq!(tag(none), None, "{none:?}");
        }
    }

    #[test]
    fn the_script_decides_where_a_line_begins() {
        for (tag, direction) in [
            ("ar", "rtl"),
            ("he", "rtl"),
            ("fa", "rtl"),
            ("ur", "rtl"),
            ("ckb", "rtl"),
            ("dv", "rtl"),
            ("yi", "rtl"),
            ("pa-PK", "rtl"),
            ("az-Arab", "rtl"),
            ("kk-CN", "rtl"),
            ("sd-Deva", "ltr"),
            ("pa", "ltr"),
            ("az", "ltr"),
            ("kk", "ltr"),
            ("en", "ltr"),
            ("zh-Hant", "ltr"),
            ("tlh", "ltr"),
        ] {
            assert_eq!(language(tag).direction(), direction, "{tag}");
        }
        assert_eq!(Language::new(&tag("en").unwrap(), None, Some(true)).direction(), "rtl", "unless it is said");
    }

    #[test]
    fn a_handle_from_before_a_reload_is_the_same_language() {
        let renamed = Language::new(&tag("ru").unwrap(), Some("Русский".to_owned()), None);
        assert_eq!(language("ru"), renamed);
        assert_ne!(language("ru"), language("en"));
    }

    proptest! {
        #[test]
        fn nothing_that_a_stranger_sends_panics(
            locales in proptest::collection::vec(".{0,40}", 0..6),
            cookie in proptest::option::of(".{0,40}"),
            header in proptest::option::of("[a-zA-Z*;=,q0-9. \\-_\u{fe}\u{444}]{0,120}"),
        ) {
            let languages = languages();
            let found = languages.negotiate(&locales, cookie.as_deref(), header.as_deref(), languages.english());
            prop_assert!(languages.all().any(|known| *known == found));
        }

        #[test]
        fn a_tag_below_a_known_one_is_found(region in "[A-Z]{2}") {
            let found = languages().lookup(&format!("ru-{region}"));
            prop_assert_eq!(found.as_ref().map(Language::tag), Some("ru"));
        }
    }
}
