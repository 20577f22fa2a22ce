//! The two places that values are read from, the file and the environment, as one flat table of keys.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problem};

/// What environment variables of Latchkey begin with.
///
/// Two underscores, because container platforms invent variables such as `LATCHKEY_PORT` by themselves.
pub(super) const PREFIX: &str = "LATCHKEY__";

/// What messages call a table that is empty or stands in place of a value.
pub(super) const TABLE: &str = "a table";

/// A value as it was written.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    /// An environment variable, which has no type.
    Variable(String),
    /// A secret file, which has no type either; a list has one element per line.
    File(String),
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Raw>),
    /// A table, a date, a fraction: what no key takes.
    Other(String),
}

impl Raw {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Variable(text) | Self::File(text) | Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Variable(text) | Self::File(text) => text.trim().parse().ok(),
            Self::Integer(n) => Some(*n),
            _ => None,
        }
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Variable(text) | Self::File(text) => text.trim().parse().ok(),
            Self::Boolean(yes) => Some(*yes),
            _ => None,
        }
    }

    /// Whether this is a variable that `list` splits at commas.
    pub(super) fn is_split_at_commas(&self) -> bool {
        matches!(self, Self::Variable(text) if text.contains(',') && !is_array(text))
    }

    /// The elements of a list; a variable is split at commas, unless it is written as in TOML.
    pub(super) fn list(&self) -> Option<Vec<Raw>> {
        match self {
            Self::Variable(text) => match DeValue::parse(text.trim()) {
                Ok(value) if value.get_ref().is_array() => raw(value.get_ref()).list(),
                _ => Some(parts(text.split(','))),
            },
            Self::File(text) => Some(parts(text.lines())),
            Self::List(items) => Some(items.clone()),
            _ => None,
        }
    }
}

fn is_array(text: &str) -> bool {
    DeValue::parse(text.trim()).is_ok_and(|value| value.get_ref().is_array())
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(text) | Self::File(text) | Self::Text(text) if text.chars().count() > 80 => {
                write!(f, "{:?}…", text.chars().take(80).collect::<String>())
            }
            Self::Variable(text) | Self::File(text) | Self::Text(text) => write!(f, "{text:?}"),
            Self::Integer(n) => write!(f, "{n}"),
            Self::Boolean(yes) => write!(f, "{yes}"),
            Self::List(items) => write!(f, "a list of {}", items.len()),
            Self::Other(what) => f.write_str(what),
        }
    }
}

fn parts<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<Raw> {
    parts.map(str::trim).filter(|part| !part.is_empty()).map(|part| Raw::Variable(part.to_owned())).collect()
}

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) raw: Raw,
    pub(super) place: Place,
}

/// All written values that no key has taken yet.
#[derive(Debug, Default)]
pub(super) struct Sources {
    file: BTreeMap<String, Found>,
    environment: BTreeMap<String, Found>,
    /// What presets say about keys that are written nowhere else.
    presets: BTreeMap<String, Found>,
}

impl Sources {
    /// Adds what a TOML document says; its name is for messages only.
    pub(super) fn add_document(&mut self, name: &Path, text: &str) -> Vec<Problem> {
        let line = |offset: usize| 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        let (document, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            let mut place = |offset| Place::Line(name.to_owned(), line(offset));
            flatten("", document.get_ref(), &mut self.file, &mut place);
        }
        let problem = |error: &toml::de::Error| Problem {
            key: String::new(),
            place: Place::Line(name.to_owned(), line(error.span().map_or(0, |span| span.start))),
            found: None,
            wanted: format!("this is not TOML: {}", error.message()),
        };
        errors.iter().map(problem).collect()
    }

    /// Adds the variables that begin with [`PREFIX`].
    pub(super) fn add_environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        for (name, value) in variables {
            if let Some(key) = name.strip_prefix(PREFIX) {
                let key = key.to_ascii_lowercase().replace("__", ".");
                self.environment.insert(key, Found { raw: Raw::Variable(value), place: Place::Variable(name) });
            }
        }
    }

    /// Adds a value that is written as in a variable.
    pub(super) fn add_value(&mut self, key: &str, value: &str, place: Place) {
        self.environment.insert(key.to_owned(), Found { raw: Raw::Variable(value.to_owned()), place });
    }

    /// Adds what a preset says about the keys of a table, a TOML document of our own.
    pub(super) fn add_preset(&mut self, name: &str, table: &str, document: &str) {
        let (document, _) = DeTable::parse_recoverable(document);
        flatten(table, document.get_ref(), &mut self.presets, &mut |_| Place::Preset(name.to_owned()));
    }

    /// The text that is written for a key, which stays there.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.environment.get(key).or_else(|| self.file.get(key))?.raw.text()
    }

    /// Takes out the value in force for a key: the environment takes precedence over the file, and both over a preset.
    pub(super) fn take(&mut self, key: &str) -> Option<Found> {
        let (preset, written) = (self.presets.remove(key), self.file.remove(key));
        self.environment.remove(key).or(written).or(preset)
    }

    /// The numbers of the tables of an array, such as `clients`.
    pub(super) fn indices(&self, array: &str) -> BTreeSet<usize> {
        let keys = self.file.keys().chain(self.environment.keys());
        let index = |key: &String| key.strip_prefix(array)?.strip_prefix('.')?.split('.').next()?.parse().ok();
        keys.filter_map(index).collect()
    }

    /// The unknown keys: those that were not taken.
    pub(super) fn rest(self) -> impl Iterator<Item = (String, Found)> {
        self.file.into_iter().chain(self.environment).chain(self.presets)
    }
}

fn flatten(
    prefix: &str,
    table: &DeTable<'_>,
    into: &mut BTreeMap<String, Found>,
    place: &mut impl FnMut(usize) -> Place,
) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        leaf(key, name.span().start, value, into, place);
    }
}

fn leaf(
    key: String,
    offset: usize,
    value: &Spanned<DeValue<'_>>,
    into: &mut BTreeMap<String, Found>,
    place: &mut impl FnMut(usize) -> Place,
) {
    match value.get_ref() {
        DeValue::Table(table) if !table.is_empty() => flatten(&key, table, into, place),
        DeValue::Array(items) if !items.is_empty() && items.iter().all(|item| item.get_ref().is_table()) => {
            for (index, item) in items.iter().enumerate() {
                leaf(format!("{key}.{index}"), item.span().start, item, into, place);
            }
        }
        value => {
            into.insert(key, Found { raw: raw(value), place: place(offset) });
        }
    }
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(n) => match i64::from_str_radix(n.as_str(), n.radix()) {
            Ok(n) => Raw::Integer(n),
            Err(_) => Raw::Other("a number that is too large".to_owned()),
        },
        DeValue::Boolean(yes) => Raw::Boolean(*yes),
        DeValue::Array(items) => Raw::List(items.iter().map(|item| raw(item.get_ref())).collect()),
        DeValue::Table(_) => Raw::Other(TABLE.to_owned()),
        other => Raw::Other(format!("a {}", other.type_str())),
    }
}
