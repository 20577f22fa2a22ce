//! The languages of the pages, and which of them a person gets.

use std::fmt;

use unic_langid::LanguageIdentifier;

/// One row of the table of languages. A new language is a row here and a file in `templates/i18n`.
struct Entry {
    tag: &'static str,
    name: &'static str,
    right_to_left: bool,
    messages: &'static str,
}

/// Every language there is; the first one is what the others fall back to.
static TABLE: &[Entry] = &[
    Entry {
        tag: "en",
        name: "English",
        right_to_left: false,
        messages: include_str!("../../../templates/i18n/en.ftl"),
    },
    Entry {
        tag: "ru",
        name: "Русский",
        right_to_left: false,
        messages: include_str!("../../../templates/i18n/ru.ftl"),
    },
];

/// How many tags of an `Accept-Language` header are read: no real list is longer.
const MOST_TAGS: usize = 64;

/// A language of the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(usize);

impl Language {
    /// The default, and the fallback where another language has no text.
    pub const ENGLISH: Language = Language(0);

    /// Every language, in the order of the table.
    pub fn all() -> impl Iterator<Item = Language> {
        (0..TABLE.len()).map(Language)
    }

    /// The language of a tag, or of the nearest wider tag (`ru-RU` is `ru`): the lookup of RFC 4647 §3.4.
    pub fn lookup(tag: &str) -> Option<Language> {
        let mut range = tag.trim();
        loop {
            if let Ok(wanted) = range.parse::<LanguageIdentifier>() {
                let canonical = wanted.to_string();
                if let Some(found) = Self::all().find(|language| language.tag() == canonical) {
                    return Some(found);
                }
            }
            range = &range[..range.rfind(['-', '_'])?];
        }
    }

    /// The language for a person: the one the client asked for (`ui_locales`: OIDC Core §3.1.2.1), else the one chosen
    /// before (a cookie), else the browser's preference (`Accept-Language`: RFC 9110 §12.5.4), else the operator's.
    pub fn negotiate<L: AsRef<str>>(
        ui_locales: &[L],
        cookie: Option<&str>,
        accept_language: Option<&str>,
        otherwise: Language,
    ) -> Language {
        let asked = ui_locales.iter().take(MOST_TAGS).find_map(|tag| Self::lookup(tag.as_ref()));
        asked
            .or_else(|| cookie.and_then(Self::lookup))
            .or_else(|| accept_language.and_then(preferred))
            .unwrap_or(otherwise)
    }

    /// The canonical tag: BCP 47.
    pub fn tag(self) -> &'static str {
        TABLE[self.0].tag
    }

    /// Its name in the language itself.
    pub fn name(self) -> &'static str {
        TABLE[self.0].name
    }

    /// The value of the `dir` attribute: `ltr` or `rtl`.
    pub fn direction(self) -> &'static str {
        if self.is_right_to_left() { "rtl" } else { "ltr" }
    }

    /// Whether it is written from right to left.
    pub fn is_right_to_left(self) -> bool {
        TABLE[self.0].right_to_left
    }

    /// Its file of messages, as Fluent.
    pub(super) fn messages(self) -> &'static str {
        TABLE[self.0].messages
    }

    /// Its place in the table.
    pub(super) fn index(self) -> usize {
        self.0
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// The best language of an `Accept-Language` header. Of equal weights the first counts; `q=0` means "not this one".
fn preferred(header: &str) -> Option<Language> {
    let mut wishes: Vec<(u16, &str)> = header.split(',').take(MOST_TAGS).filter_map(wish).collect();
    wishes.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let refused: Vec<&str> = wishes.iter().filter(|(weight, _)| *weight == 0).map(|(_, tag)| *tag).collect();
    wishes.iter().filter(|(weight, _)| *weight > 0).find_map(|(_, tag)| match *tag {
        "*" => Language::all().find(|language| !refused.contains(&language.tag())),
        tag => Language::lookup(tag),
    })
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

    fn negotiated(ui_locales: &[&str], cookie: Option<&str>, accept_language: Option<&str>) -> &'static str {
        Language::negotiate(ui_locales, cookie, accept_language, Language::ENGLISH).tag()
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
    fn tags_in_the_table_are_canonical_and_different() {
        for language in Language::all() {
            assert_eq!(language.tag().parse::<LanguageIdentifier>().unwrap().to_string(), language.tag());
            assert_eq!(Language::lookup(&language.tag().to_uppercase()), Some(language));
        }
    }

    proptest! {
        #[test]
        fn nothing_that_a_stranger_sends_panics(
            locales in proptest::collection::vec(".{0,40}", 0..6),
            cookie in proptest::option::of(".{0,40}"),
            header in proptest::option::of("[a-zA-Z*;=,q0-9. \\-_\u{fe}\u{444}]{0,120}"),
        ) {
            let language = Language::negotiate(&locales, cookie.as_deref(), header.as_deref(), Language::ENGLISH);
            prop_assert!(Language::all().any(|known| known == language));
        }

        #[test]
        fn a_tag_below_a_known_one_is_found(region in "[A-Z]{2}") {
            prop_assert_eq!(Language::lookup(&format!("ru-{region}")).map(Language::tag), Some("ru"));
        }
    }
}
