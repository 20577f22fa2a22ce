//! Problems in a configuration: each names the key, the place and what is allowed.

use std::fmt;
use std::path::PathBuf;

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: the default is in force.
    Default,
    /// The configuration file as a whole.
    File(PathBuf),
    /// A line of the configuration file.
    Line(PathBuf, usize),
    /// An environment variable.
    Variable(String),
    /// A file that a `…_file` key names.
    SecretFile(PathBuf),
    /// A preset of this name.
    Preset(String),
    /// The database, under this name.
    Kept(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Line(file, line) => write!(f, "{}:{line}", file.display()),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::SecretFile(file) => write!(f, "file {}", file.display()),
            Self::Kept(name) => f.write_str(name),
            Self::Preset(name) => write!(f, "preset {name}"),
        }
    }
}

/// One value that is not allowed or not advisable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key; empty if the file as a whole cannot be read.
    pub key: String,
    /// Where the value was written.
    pub place: Place,
    /// What was found there; `None` if there is nothing to show or it is secret.
    pub found: Option<String>,
    /// What is allowed or advised instead.
    pub wanted: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{} ", self.key)?;
        }
        write!(f, "({}): ", self.place)?;
        if let Some(found) = &self.found {
            write!(f, "found {found}; ")?;
        }
        f.write_str(&self.wanted)
    }
}

/// All problems that prevent the use of a configuration, reported together.
#[derive(Clone, Debug)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("The configuration has a problem:")?,
            n => write!(f, "The configuration has {n} problems:")?,
        }
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}
