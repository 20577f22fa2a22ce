//! The two listings of all keys: the reference for operators, and what is in force.

use std::fmt::Write;

use super::problem::Place;
use super::reader::{Entry, REQUIRED, Reader, Section};
use super::settings::Config;

const INTRODUCTION: &str = "\
<!-- Written by `latchkey config reference`; change the declarations in `idp/src/config/` instead. -->

# Configuration

Latchkey reads one TOML file (`--config`, or `latchkey.toml` in the working directory if it exists) and the environment. The
environment wins. What neither of them sets has the default below.

* The variable of a key is `LATCHKEY__`, the section, `__` and the name, in capitals: `http.listen` is `LATCHKEY__HTTP__LISTEN`.
  Separate the elements of a list by commas there, or write it as in the file, which secrets with a comma need. The first table of
  `[[clients]]` is `LATCHKEY__CLIENTS__0__…`.
* Durations and sizes are text with a unit: `\"90d\"`, `\"24h\"`, `\"10m\"`, `\"30s\"`, `\"500ms\"`; `\"64 KiB\"`, `\"19 MiB\"`.
* A secret can come from a file: write `master_key_file = \"/run/secrets/master_key\"` instead of `master_key`, or in a unit of
  systemd `Environment=LATCHKEY__SECRETS__MASTER_KEY_FILE=%d/master_key`. A list has one element a line in such a file.
* Relative paths begin at the working directory.
* Unknown keys, values that are not allowed and contradictions prevent the start, and all of them are reported at once. A value
  that is not advised causes a warning. `latchkey config check` shows the configuration in force.
";

/// The reference of all keys, in Markdown.
pub fn reference() -> String {
    let mut reader = Reader::describing();
    Config::walk(&mut reader);
    let mut text = INTRODUCTION.to_owned();
    for section in &reader.sections {
        let title = match (section.name.as_str(), section.repeated) {
            ("", _) => "At the top of the file".to_owned(),
            (name, false) => format!("`[{name}]`"),
            (name, true) => format!("`[[{name}]]`"),
        };
        let _ = write!(text, "\n## {title}\n\n{}\n\n| key | default | allowed | |\n|---|---|---|---|\n", section.about);
        for entry in &section.entries {
            let _ = writeln!(text, "{}", row(entry));
        }
    }
    text
}

fn row(entry: &Entry) -> String {
    let file = if entry.secret { format!(", `{}_file`", entry.name) } else { String::new() };
    let default = match entry.default.as_str() {
        "" => "–".to_owned(),
        REQUIRED => REQUIRED.to_owned(),
        words if words.contains(' ') && !words.starts_with(['"', '[']) => words.to_owned(),
        value => format!("`{value}`"),
    };
    let mut allowed = entry.allowed.clone().unwrap_or_else(|| entry.expected.clone());
    if let Some(advised) = &entry.advised {
        let _ = write!(allowed, "; advised: {advised}");
    }
    format!("| `{}`{file} | {default} | {} | {} |", entry.name, allowed.replace('|', "\\|"), entry.about)
}

/// The configuration in force as TOML, secrets masked, with where each value that is not a default was written.
pub fn in_force(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        if !section.name.is_empty() {
            let header = section.name.split('.').next().unwrap_or_default();
            let _ = if section.repeated { writeln!(text, "\n[[{header}]]") } else { writeln!(text, "\n[{header}]") };
        }
        for entry in &section.entries {
            let _ = match (&entry.place, entry.value.as_str()) {
                (Place::Default, "") => writeln!(text, "# {} is not set{}", entry.name, otherwise(entry)),
                (Place::Default, value) => writeln!(text, "{} = {value}", entry.name),
                (place, value) => writeln!(text, "{} = {value}  # {place}", entry.name),
            };
        }
    }
    text
}

fn otherwise(entry: &Entry) -> String {
    if entry.default.is_empty() { String::new() } else { format!(": {}", entry.default) }
}
