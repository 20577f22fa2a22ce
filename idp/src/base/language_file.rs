//! A file of messages in one language, as Fluent: those in the binary, those of the operator, and what is wrong with one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement, Resource};
use fluent_syntax::parser::{self, ParserError};
use unic_langid::LanguageIdentifier;

/// The largest file, in bytes.
pub const LARGEST: usize = 1024 * 1024;

/// The key of a language's name in the language itself.
pub const NAME: &str = "language-name";

/// The key of the direction, `ltr` or `rtl`; without it, the script of the language decides.
pub const DIRECTION: &str = "language-direction";

/// The messages of one language from one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageFile {
    /// The language.
    pub id: LanguageIdentifier,
    /// The text of the file.
    pub source: Arc<str>,
}

/// The files in the binary, English first. A new language is a row here and a file in `templates/i18n`.
static EMBEDDED: [(&str, &str); 3] = [
    ("en", include_str!("../../../templates/i18n/en.ftl")),
    ("ar", include_str!("../../../templates/i18n/ar.ftl")),
    ("ru", include_str!("../../../templates/i18n/ru.ftl")),
];

impl LanguageFile {
    /// The files in the binary, English first.
    pub fn embedded() -> [Self; EMBEDDED.len()] {
        // A test compares the tags with what was parsed.
        EMBEDDED.map(|(tag, source)| Self { id: tag.parse().unwrap_or_default(), source: source.into() })
    }

    /// What is wrong with the file, in the order of its lines. Each message that is missing in a new language falls back to
    /// English; what is missing in a file for a language of the binary is the binary's.
    pub fn findings(&self) -> Vec<Finding> {
        let embedded = Self::embedded();
        let is_embedded = embedded.iter().any(|file| file.id == self.id);
        let known = Keys::of(&embedded[0]);
        let mut review = Review { source: &self.source, known: &known, findings: Vec::new() };
        if let Some(offset) = too_deep(&self.source) {
            // Whoever reads it calls itself at each level.
            let (line, why) =
                (Some(review.line_at(offset)), format!("placeables lie at most {DEEPEST} deep in each other"));
            return vec![Finding { line, found: None, why, is_error: true }];
        }
        let (resource, errors) = parse(&self.source);
        review.syntax(&errors);
        review.messages(&resource);
        review.circles(&resource);
        if !is_embedded && errors.is_empty() {
            review.missing(&resource);
        }
        review.findings.sort_by_key(|finding| finding.line);
        review.findings
    }
}

/// Something that is worth telling about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The line, from 1; `None` if it is about the file as a whole.
    pub line: Option<usize>,
    /// What was found there.
    pub found: Option<String>,
    /// What is wrong with it.
    pub why: String,
    /// Whether the file cannot be used like this. What depends on the release that reads the file is no reason for that:
    /// a text must not stop an upgrade.
    pub is_error: bool,
}

/// The keys that pages use, each with the placeables that the page fills: those of English in the binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(BTreeMap<String, BTreeSet<String>>);

impl Keys {
    /// The keys of a file.
    pub fn of(file: &LanguageFile) -> Self {
        let (resource, _) = parse(&file.source);
        let entry = |message: Message<'_>| {
            let placeables = message.uses.placeables.iter().map(|name| (*name).to_owned()).collect();
            (message.key.to_owned(), placeables)
        };
        Self(messages(&resource).map(entry).collect())
    }

    /// Each key with its placeables.
    #[cfg(test)]
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.0.iter().map(|(key, placeables)| (key.as_str(), placeables))
    }

    /// The key that an unknown one was probably meant to be.
    fn nearest(&self, unknown: &str) -> Option<&str> {
        let distances = self.0.keys().map(|key| (strsim::levenshtein(key, unknown), key.as_str()));
        distances.min().filter(|(distance, _)| *distance <= 2).map(|(_, key)| key)
    }
}

/// How deep placeables may lie in each other.
const DEEPEST: usize = 10;

/// Where a text has placeables that are too deep in each other. It may count braces that are text, too: none has so many.
fn too_deep(source: &str) -> Option<usize> {
    let mut depth = 0_usize;
    source.bytes().enumerate().find_map(|(offset, byte)| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth > DEEPEST).then_some(offset)
    })
}

fn parse(source: &str) -> (Resource<&str>, Vec<ParserError>) {
    match parser::parse_runtime(source) {
        Ok(resource) => (resource, Vec::new()),
        Err((resource, errors)) => (resource, errors),
    }
}

/// A message of a file, and what its text uses.
struct Message<'s> {
    key: &'s str,
    uses: Uses<'s>,
}

/// The messages that have a text; without one, a message is only a place for attributes, which no page reads.
fn messages<'s>(resource: &Resource<&'s str>) -> impl Iterator<Item = Message<'s>> {
    resource.body.iter().filter_map(|entry| match entry {
        Entry::Message(message) => {
            let uses = Uses::of(message.value.as_ref()?);
            Some(Message { key: message.id.name, uses })
        }
        _ => None,
    })
}

/// What a text uses: names as slices of the file, which tell their lines.
#[derive(Default)]
struct Uses<'s> {
    placeables: Vec<&'s str>,
    messages: Vec<&'s str>,
    attributes: Vec<&'s str>,
    terms: Vec<&'s str>,
    functions: Vec<&'s str>,
}

impl<'s> Uses<'s> {
    fn of(pattern: &Pattern<&'s str>) -> Self {
        let mut uses = Self::default();
        uses.gather(pattern);
        uses
    }

    fn gather(&mut self, pattern: &Pattern<&'s str>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.gather_expression(expression);
            }
        }
    }

    fn gather_expression(&mut self, expression: &Expression<&'s str>) {
        match expression {
            Expression::Inline(inline) => self.gather_inline(inline),
            Expression::Select { selector, variants } => {
                self.gather_inline(selector);
                variants.iter().for_each(|variant| self.gather(&variant.value));
            }
        }
    }

    fn gather_inline(&mut self, inline: &InlineExpression<&'s str>) {
        match inline {
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
            InlineExpression::VariableReference { id } => self.placeables.push(id.name),
            InlineExpression::MessageReference { id, attribute: None } => self.messages.push(id.name),
            InlineExpression::MessageReference { id, attribute: Some(_) } => self.attributes.push(id.name),
            InlineExpression::FunctionReference { id, arguments } => {
                self.functions.push(id.name);
                self.gather_arguments(arguments);
            }
            InlineExpression::TermReference { id, arguments, .. } => {
                self.terms.push(id.name);
                arguments.iter().for_each(|arguments| self.gather_arguments(arguments));
            }
            InlineExpression::Placeable { expression } => self.gather_expression(expression),
        }
    }

    fn gather_arguments(&mut self, arguments: &CallArguments<&'s str>) {
        let named = arguments.named.iter().map(|argument| &argument.value);
        arguments.positional.iter().chain(named).for_each(|value| self.gather_inline(value));
    }
}

/// After how many findings a file is not looked at further: it is not what it should be.
const MOST_FINDINGS: usize = 200;

/// The review of one file.
struct Review<'s> {
    source: &'s str,
    known: &'s Keys,
    findings: Vec<Finding>,
}

impl<'s> Review<'s> {
    /// The line of a part of the file.
    fn line(&self, part: &str) -> usize {
        // Parts are slices of the source.
        self.line_at(part.as_ptr().addr().saturating_sub(self.source.as_ptr().addr()))
    }

    fn line_at(&self, offset: usize) -> usize {
        1 + self.source.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    fn error(&mut self, at: &str, why: impl Into<String>) {
        let (line, found) = (Some(self.line(at)), Some(at.to_owned()));
        self.findings.push(Finding { line, found, why: why.into(), is_error: true });
    }

    fn warn(&mut self, at: &str, why: impl Into<String>) {
        let (line, found) = (Some(self.line(at)), Some(at.to_owned()));
        self.findings.push(Finding { line, found, why: why.into(), is_error: false });
    }

    fn syntax(&mut self, errors: &[ParserError]) {
        for error in errors {
            let why = format!("this is not Fluent: {error}");
            let line = Some(self.line_at(error.pos.start));
            self.findings.push(Finding { line, found: None, why, is_error: true });
        }
    }

    fn messages(&mut self, resource: &Resource<&'s str>) {
        let (mut keys, mut terms) = (BTreeSet::new(), BTreeSet::new());
        for entry in &resource.body {
            let (name, is_first) = match entry {
                Entry::Message(message) => (message.id.name, keys.insert(message.id.name)),
                Entry::Term(term) => (term.id.name, terms.insert(term.id.name)),
                _ => continue,
            };
            if !is_first {
                self.error(name, "this key is in the file twice");
            }
        }
        for entry in &resource.body {
            match entry {
                Entry::Message(message) => {
                    let Some(value) = &message.value else { continue };
                    let uses = Uses::of(value);
                    self.references(&uses, &keys, &terms);
                    self.placeables(message.id.name, &uses);
                    if message.id.name == DIRECTION && !matches!(plain(value), Some("ltr" | "rtl")) {
                        self.error(message.id.name, "allowed: ltr or rtl");
                    }
                }
                // The variables of a term are its own.
                Entry::Term(term) => self.references(&Uses::of(&term.value), &keys, &terms),
                _ => {}
            }
        }
    }

    /// Messages that refer to each other in a circle have no text.
    fn circles(&mut self, resource: &Resource<&'s str>) {
        let mut refers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for entry in &resource.body {
            if let Entry::Message(message) = entry
                && let Some(value) = &message.value
            {
                refers.insert(message.id.name, Uses::of(value).messages);
            }
        }
        for start in refers.keys() {
            let (mut reached, mut ahead) = (BTreeSet::new(), refers[start].clone());
            while let Some(name) = ahead.pop() {
                if reached.insert(name) {
                    ahead.extend(refers.get(name).into_iter().flatten());
                }
            }
            if reached.contains(start) {
                self.error(start, "this message refers to itself, perhaps by way of others");
            }
        }
    }

    fn references(&mut self, uses: &Uses<'s>, keys: &BTreeSet<&str>, terms: &BTreeSet<&str>) {
        for name in uses.messages.iter().filter(|name| !keys.contains(*name)) {
            self.error(name, "there is no such message in this file");
        }
        for name in &uses.attributes {
            self.error(name, "attributes cannot be used; write the text itself, or a message of its own");
        }
        for name in uses.terms.iter().filter(|name| !terms.contains(*name)) {
            self.error(name, "there is no such term in this file");
        }
        for name in &uses.functions {
            self.error(name, "functions cannot be used; a number chooses its plural without one");
        }
    }

    fn placeables(&mut self, key: &'s str, uses: &Uses<'s>) {
        if self.findings.len() >= MOST_FINDINGS {
            return;
        }
        let known = self.known;
        let Some(filled) = known.0.get(key) else {
            if key != DIRECTION {
                let meant = known.nearest(key).map_or_else(String::new, |near| format!("; did you mean {near}?"));
                self.warn(key, format!("no page uses this key{meant}"));
            }
            return;
        };
        let unknown: BTreeSet<_> = uses.placeables.iter().filter(|name| !filled.contains(**name)).collect();
        for name in unknown {
            let others = match filled.is_empty() {
                true => "none".to_owned(),
                false => filled.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(", "),
            };
            self.warn(
                name,
                format!("the page does not fill this placeable of {key}, and shows another text; it fills: {others}"),
            );
        }
        for name in filled.iter().filter(|name| !uses.placeables.contains(&name.as_str())) {
            self.warn(key, format!("English has ${name} in this text, which is missing here"));
        }
    }

    fn missing(&mut self, resource: &Resource<&'s str>) {
        let own: BTreeSet<_> = messages(resource).map(|message| message.key).collect();
        let missing: Vec<_> = self.known.0.keys().map(String::as_str).filter(|key| !own.contains(key)).collect();
        let shown = missing.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join(", ");
        let why = match missing.len() {
            0 => return,
            1 => format!("a message is missing, and pages show it in English: {shown}"),
            count if count <= MOST_NAMED => {
                format!("{count} messages are missing, and pages show them in English: {shown}")
            }
            count => format!(
                "{count} messages are missing, and pages show them in English: {shown} and {} more",
                count - MOST_NAMED
            ),
        };
        self.findings.push(Finding { line: None, found: None, why, is_error: false });
    }
}

/// How many missing keys are named.
const MOST_NAMED: usize = 10;

/// The text of a pattern that has nothing but text.
fn plain<'s>(pattern: &Pattern<&'s str>) -> Option<&'s str> {
    match pattern.elements.as_slice() {
        [PatternElement::TextElement { value }] => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(tag: &str, source: &str) -> Vec<(Option<usize>, bool, String)> {
        let file = LanguageFile { id: tag.parse().unwrap(), source: source.into() };
        let told = |finding: Finding| {
            let found = finding.found.map_or_else(String::new, |found| format!("{found}: "));
            (finding.line, finding.is_error, found + &finding.why)
        };
        file.findings().into_iter().map(told).collect()
    }

    #[test]
    fn the_files_in_the_binary_have_the_keys_and_placeables_of_english() {
        let english = Keys::of(&LanguageFile::embedded()[0]);
        assert!(english.0.len() > 100);
        for (file, (tag, _)) in LanguageFile::embedded().iter().zip(EMBEDDED) {
            assert_eq!(file.id.to_string(), tag);
            assert_eq!(file.findings(), [], "{tag}");
            let keys = Keys::of(file);
            let missing: Vec<_> = english.0.iter().filter(|&(key, names)| keys.0.get(key) != Some(names)).collect();
            assert!(missing.is_empty(), "{tag}: {missing:?}");
        }
    }

    #[test]
    fn single_messages_of_a_known_language_are_fine() {
        assert_eq!(findings("en", "sign-in = Log in\n"), []);
        assert_eq!(findings("ru", "sign-in = Вход\n-brand = Ж\nsign-out = { -brand } { sign-in }\n"), []);
        assert_eq!(findings("ru", ""), []);
    }

    #[test]
    fn what_cannot_be_used_is_an_error_with_its_line() {
        for (source, line, why) in [
            ("sign-in = A\nsign-out\n", 2, "this is not Fluent: Expected"),
            ("sign-in = A\nsign-out = { $client\n", 3, "this is not Fluent: Expected"),
            ("# A\nsign-in = A\n\nsign-in = B\n", 4, "sign-in: this key is in the file twice"),
            ("sign-in = { sign-out }\n", 1, "sign-out: there is no such message in this file"),
            ("sign-in =\n    A { -brand }\n", 2, "brand: there is no such term in this file"),
            ("-brand = { $any } { sign-out }\n", 1, "sign-out: there is no such message"),
            ("sign-in-too-many-tries = { NUMBER($seconds) }\n", 1, "NUMBER: functions cannot be used"),
            ("sign-in = { sign-in }\n", 1, "sign-in: this message refers to itself"),
            ("sign-in = { sign-in.title }\n", 1, "sign-in: attributes cannot be used"),
            (
                &format!("sign-in = A\nsign-out = {}\"a\"{}\n", "{".repeat(11), "}".repeat(11)),
                2,
                "placeables lie at most 10",
            ),
            ("language-direction = up\n", 1, "language-direction: allowed: ltr or rtl"),
        ] {
            let found = findings("ru", source);
            assert!(
                matches!(&found[..], [(Some(at), true, told)] if *at == line && told.starts_with(why)),
                "{source:?}: {found:?}"
            );
        }
    }

    #[test]
    fn what_depends_on_the_release_is_a_warning() {
        for (source, line, why) in [
            ("\nsing-in = A\n", 2, "sing-in: no page uses this key; did you mean sign-in?"),
            ("of-a-later-release = A\n", 1, "of-a-later-release: no page uses this key"),
            (
                "back-to-client = { $client }\n    { $operator }\n",
                2,
                "operator: the page does not fill this placeable of back-to-client, and shows another text; it fills: $client",
            ),
            (
                "sign-in = { $client }\n",
                1,
                "client: the page does not fill this placeable of sign-in, and shows another text; it fills: none",
            ),
            ("back-to-client = Back\n", 1, "back-to-client: English has $client in this text, which is missing here"),
        ] {
            assert_eq!(findings("ru", source), [(Some(line), false, why.to_owned())], "{source:?}");
        }
    }

    #[test]
    fn a_new_language_is_told_what_it_lacks() {
        let [english, ..] = LanguageFile::embedded();
        assert_eq!(findings("pt-BR", &english.source), []);
        let without = english.source.replace("\nsign-in = Sign in\n", "\n");
        let expected = "a message is missing, and pages show it in English: sign-in".to_owned();
        assert_eq!(findings("pt-BR", &without), [(None, false, expected)]);
        let found = findings("pt-BR", "sign-in = Entrar\n");
        assert!(matches!(&found[..], [(None, false, told)] if told.ends_with(" more")), "{found:?}");
    }

    #[test]
    fn lines_of_every_system_are_counted() {
        let found = findings("ru", "sign-in = A\r\nof-a-later-release = B\r\n");
        assert_eq!(found.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), [Some(2)]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(source in "[a-z\\-={}$\\[\\]*> \\n\\PC]{0,200}") {
            findings("pt-BR", &source);
        }
    }
}
