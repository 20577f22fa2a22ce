//! One walk over all declared keys yields the values, the problems, the reference and the masked listing.
//!
//! A section declares its keys once, in `section!`. The walk takes each key's value out of the sources and notes what
//! it found; keys that are left in the sources afterwards are unknown.

use std::path::{Path, PathBuf};

use super::problem::{Place, Problem};
use super::source::{Found, Raw, Sources, TABLE};
use super::value::Value;

/// What a value must, or should, satisfy.
pub(super) struct Rule<T> {
    allowed: String,
    holds: Box<dyn Fn(&T) -> bool>,
}

/// A rule in words and as a test.
pub(super) fn rule<T>(allowed: impl Into<String>, holds: impl Fn(&T) -> bool + 'static) -> Rule<T> {
    Rule { allowed: allowed.into(), holds: Box::new(holds) }
}

/// At least `low` and at most `high`.
pub(super) fn between<T: Value + PartialOrd>(low: T, high: T) -> Rule<T> {
    rule(format!("{} to {}", low.render(), high.render()), move |value| (&low..=&high).contains(&value))
}

/// Not below `low`.
pub(super) fn at_least<T: Value + PartialOrd>(low: T) -> Rule<T> {
    rule(format!("at least {}", low.render()), move |value| *value >= low)
}

/// Not above `high`.
pub(super) fn at_most<T: Value + PartialOrd>(high: T) -> Rule<T> {
    rule(format!("at most {}", high.render()), move |value| *value <= high)
}

/// The rule for the value, if there is one.
pub(super) fn if_set<T: 'static>(inner: Rule<T>) -> Rule<Option<T>> {
    rule(inner.allowed, move |value: &Option<T>| value.as_ref().is_none_or(|value| (inner.holds)(value)))
}

/// The rule for every element of a list.
pub(super) fn each<T: 'static>(inner: Rule<T>) -> Rule<Vec<T>> {
    rule(inner.allowed, move |values: &Vec<T>| values.iter().all(|value| (inner.holds)(value)))
}

/// What stands in place of a default where there is none.
pub(super) const REQUIRED: &str = "required";

/// The declaration of one key.
pub(super) struct Field<T> {
    name: &'static str,
    about: String,
    default: T,
    default_in_words: Option<&'static str>,
    required: bool,
    must: Option<Rule<T>>,
    should: Option<Rule<T>>,
}

impl<T> Field<T> {
    pub(super) fn new(name: &'static str, about: &str, default: T) -> Self {
        let about = about.trim().to_owned();
        Self { name, about, default, default_in_words: None, required: false, must: None, should: None }
    }

    /// A limit for security: a value beyond it prevents the start.
    pub(super) fn must(self, rule: Rule<T>) -> Self {
        Self { must: Some(rule), ..self }
    }

    /// A limit from experience: a value beyond it causes a warning.
    pub(super) fn should(self, rule: Rule<T>) -> Self {
        Self { should: Some(rule), ..self }
    }

    /// There is no default: the key is required.
    pub(super) fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// A description of the default, for a key whose default is not a fixed value.
    pub(super) fn otherwise(self, words: &'static str) -> Self {
        Self { default_in_words: Some(words), ..self }
    }
}

/// A section that can be written again.
pub(super) trait Written {
    /// Its keys with their values as in the file, masked, and whether each is secret.
    fn written(&self) -> Vec<(&'static str, String, bool)>;
}

/// What the walk noted about one key.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key with its section, such as `http.listen`.
    pub key: String,
    /// The key without its section.
    pub name: &'static str,
    /// What it is for: the declaration's doc comment.
    pub about: String,
    /// What type of value it takes, in words.
    pub expected: String,
    /// What is in force if nothing is written.
    pub default: String,
    /// The values beyond which the start is refused.
    pub allowed: Option<String>,
    /// The values beyond which there is a warning.
    pub advised: Option<String>,
    /// Whether it is masked, and may come from a file.
    pub secret: bool,
    /// The value in force, masked.
    pub value: String,
    /// Where the value was written.
    pub place: Place,
}

/// A section with what the walk noted about its keys.
#[derive(Clone, Debug)]
pub struct Section {
    /// The name between the brackets, such as `http` or `clients.0`; empty for the keys at the top.
    pub name: String,
    /// Whether it is one of several tables, `[[clients]]`.
    pub repeated: bool,
    /// What it is for: the declaration's doc comment.
    pub about: String,
    /// Its keys in the order of their declaration.
    pub entries: Vec<Entry>,
}

/// The walk itself.
pub(super) struct Reader {
    sources: Sources,
    /// Which table of an array is being read; `Some(None)` describes an array without looking at any.
    index: Option<Option<usize>>,
    pub(super) sections: Vec<Section>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    /// The names of the arrays of tables.
    arrays: Vec<String>,
    describing: bool,
}

impl Reader {
    /// A walk that reads values.
    pub(super) fn new(sources: Sources) -> Self {
        let (sections, problems, warnings) = (Vec::new(), Vec::new(), Vec::new());
        Self { sources, index: None, sections, problems, warnings, arrays: Vec::new(), describing: false }
    }

    /// A walk that reads nothing and notes every key there is.
    pub(super) fn describing() -> Self {
        Self { describing: true, ..Self::new(Sources::default()) }
    }

    /// Begins a section; called by `section!`.
    pub(super) fn begin(&mut self, name: &str, about: &str) {
        let name = match self.index.flatten() {
            Some(index) => format!("{name}.{index}"),
            None => name.to_owned(),
        };
        let about = about.trim().to_owned();
        self.sections.push(Section { name, repeated: self.index.is_some(), about, entries: Vec::new() });
    }

    /// Reads every table of an array.
    pub(super) fn tables<T>(&mut self, array: &str, read: impl Fn(&mut Self) -> T) -> Vec<T> {
        self.arrays.push(array.to_owned());
        if self.describing {
            self.index = Some(None);
            read(self);
        }
        let mut tables = Vec::new();
        for index in self.sources.indices(array) {
            self.index = Some(Some(index));
            tables.push(read(self));
        }
        self.index = None;
        tables
    }

    /// Lays what a preset says under the table of an array that is read next, if the table names one by this key.
    pub(super) fn lay_under(&mut self, array: &str, key: &str, find: impl Fn(&str) -> Option<&'static str>) {
        let Some(index) = self.index.flatten() else { return };
        let table = format!("{array}.{index}");
        let Some(name) = self.sources.text(&format!("{table}.{key}")).map(|name| name.trim().to_owned()) else {
            return;
        };
        if let Some(document) = find(&name) {
            self.sources.add_preset(&name, &table, document);
        }
    }

    /// Notes keys of a table that cannot be as they are, each with what is wanted.
    pub(super) fn refuse_all(&mut self, table: &str, faults: Vec<(&str, String)>) {
        for (name, wanted) in faults {
            let key = format!("{table}.{name}");
            self.problems.push(Problem { place: self.place(&key), key, found: None, wanted });
        }
    }

    /// Reads a key. If its value cannot be used, notes why and continues with the default.
    pub(super) fn read<T: Value>(&mut self, field: Field<T>) -> T {
        let section = self.sections.last().map_or("", |section| &section.name);
        let key = if section.is_empty() { field.name.to_owned() } else { format!("{section}.{}", field.name) };
        let default = field.default_in_words.map_or_else(|| field.default.render(), str::to_owned);
        let (allowed, advised) =
            [&field.must, &field.should].map(|rule| rule.as_ref().map(|rule| rule.allowed.clone())).into();
        let (value, place) = match self.take::<T>(&key) {
            Some(found) => (self.judge(&key, &found, &field).unwrap_or(field.default), found.place),
            None => {
                if field.required && !self.describing {
                    let wanted = format!("{REQUIRED}: {}", T::expected());
                    self.problems.push(Problem { key: key.clone(), place: Place::Default, found: None, wanted });
                }
                (field.default, Place::Default)
            }
        };
        let entry = Entry {
            key,
            name: field.name,
            about: field.about,
            expected: T::expected(),
            default: if field.required { REQUIRED.to_owned() } else { default },
            allowed,
            advised,
            secret: T::SECRET,
            value: value.shown(),
            place,
        };
        if let Some(section) = self.sections.last_mut() {
            section.entries.push(entry);
        }
        value
    }

    fn judge<T: Value>(&mut self, key: &str, found: &Found, field: &Field<T>) -> Option<T> {
        let problem = |wanted| Problem {
            key: key.to_owned(),
            place: found.place.clone(),
            found: (!T::SECRET).then(|| found.raw.to_string()),
            wanted,
        };
        let value = match T::parse(&found.raw) {
            Ok(value) => value,
            Err(wanted) => {
                self.problems.push(problem(format!("allowed: {wanted}")));
                return None;
            }
        };
        if let Some(rule) = field.must.as_ref().filter(|rule| !(rule.holds)(&value)) {
            self.problems.push(problem(format!("allowed: {}", rule.allowed)));
        } else if let Some(rule) = field.should.as_ref().filter(|rule| !(rule.holds)(&value)) {
            self.warnings.push(problem(format!("advised: {}", rule.allowed)));
        }
        Some(value)
    }

    /// What was written for a key, or for a secret in the file that its `…_file` key names.
    fn take<T: Value>(&mut self, key: &str) -> Option<Found> {
        let direct = self.sources.take(key);
        if !T::SECRET {
            return direct;
        }
        let file_key = format!("{key}_file");
        let Some(named) = self.sources.take(&file_key) else { return direct };
        let mut problem = |found: Option<String>, wanted: &str| {
            let (key, place, wanted) = (file_key.clone(), named.place.clone(), wanted.to_owned());
            self.problems.push(Problem { key, place, found, wanted });
            None
        };
        let from_environment = |place: &Place| matches!(place, Place::Variable(_));
        if let Some(direct) = direct {
            return match (from_environment(&direct.place), from_environment(&named.place)) {
                (true, false) => Some(direct),
                (false, true) => self.open(&file_key, named),
                _ => problem(None, &format!("allowed: either this or {key}, not both")),
            };
        }
        self.open(&file_key, named)
    }

    fn open(&mut self, key: &str, named: Found) -> Option<Found> {
        let reason = match PathBuf::parse(&named.raw) {
            Err(wanted) => format!("allowed: {wanted}"),
            Ok(path) => match std::fs::read_to_string(&path) {
                // Editors end a file with a line break that is not part of the secret.
                Ok(text) => {
                    if others_read(&path) {
                        let (place, wanted) = (
                            Place::SecretFile(path.clone()),
                            "advised: mode 0600; others can read this file".to_owned(),
                        );
                        self.warnings.push(Problem { key: key.to_owned(), place, found: None, wanted });
                    }
                    let raw = Raw::File(text.trim_end_matches(['\r', '\n']).to_owned());
                    return Some(Found { raw, place: Place::SecretFile(path) });
                }
                Err(error) => format!("this file cannot be read: {error}"),
            },
        };
        let found = Some(named.raw.to_string());
        self.problems.push(Problem { key: key.to_owned(), place: named.place, found, wanted: reason });
        None
    }

    /// Ends the walk: keys that were not taken are unknown.
    pub(super) fn finish(&mut self) {
        for (key, found) in std::mem::take(&mut self.sources).rest() {
            let empty = matches!(&found.raw, Raw::Other(what) if what == TABLE);
            let wanted = if self.arrays.contains(&key) {
                format!("these are tables: [[{key}]]")
            } else if self.sections.iter().any(|section| section.name == key) {
                if empty {
                    continue;
                }
                format!("this is a section: [{key}]")
            } else if let Some(value) = self.entries().find(|entry| below(&key, &entry.key)) {
                format!("{} is no section but takes {}", value.key, value.expected)
            } else {
                match self.nearest(&key) {
                    Some(known) => format!("there is no such key; did you mean {known}?"),
                    None => "there is no such key".to_owned(),
                }
            };
            self.problems.push(Problem { key, place: found.place, found: None, wanted });
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.sections.iter().flat_map(|section| &section.entries)
    }

    /// The known key that an unknown one was probably meant to be.
    fn nearest(&self, unknown: &str) -> Option<String> {
        let known = || {
            self.entries().flat_map(|entry| {
                let file = entry.secret.then(|| format!("{}_file", entry.key));
                std::iter::once(entry.key.clone()).chain(file)
            })
        };
        let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
        let (distance, near) = known().map(|key| (strsim::levenshtein(&key, unknown), key)).min()?;
        if distance <= 2.max(unknown.len() / 5) {
            return Some(near);
        }
        known().find(|key| last(key) == last(unknown))
    }

    /// Where the value of a key was written.
    pub(super) fn place(&self, key: &str) -> Place {
        self.entries().find(|entry| entry.key == key).map_or(Place::Default, |entry| entry.place.clone())
    }
}

/// Whether a key would lie in a section of this name.
fn below(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

/// Declares a section: its struct, and for each key the name, type, default, limits and one sentence, in one place.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $(#[derive($derived:ident)])?
        pub struct $name:ident($section:literal) {
            $( $(#[doc = $doc:literal])+
               $key:ident: $type:ty = $default:expr $(, $limit:ident($($argument:expr),*))*; )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug $(, $derived)?)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $key: $type, )+
        }

        impl $crate::config::reader::Written for $name {
            fn written(&self) -> Vec<(&'static str, String, bool)> {
                vec![ $( (
                    stringify!($key),
                    $crate::config::value::Value::shown(&self.$key),
                    <$type as $crate::config::value::Value>::SECRET,
                ), )+ ]
            }
        }

        impl $name {
            pub(in crate::config) fn read(reader: &mut $crate::config::reader::Reader) -> Self {
                reader.begin($section, concat!($($about),+));
                Self {
                    $( $key: reader.read(
                        $crate::config::reader::Field::<$type>::new(stringify!($key), concat!($($doc),+), $default)
                            $(.$limit($($argument),*))*,
                    ), )+
                }
            }
        }
    };
}
pub(super) use section;
/// Whether anybody on this machine can read a file.
pub(crate) fn others_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o004 != 0)
}
