//! The output of commands: text for people, JSON for machines, an exit code for scripts.

use std::io::Write;

use serde::Serialize;
use serde_json::{Value, json};

use crate::config::{Problem, Problems};
use crate::server::boot::NotOurs;

/// The output of a command, in both forms.
#[derive(Clone, Debug)]
pub struct Output {
    /// For people.
    pub text: String,
    /// For programs.
    pub json: Value,
}

impl Output {
    /// An output as text, and the same as data.
    pub fn new(text: impl Into<String>, data: &impl Serialize) -> Self {
        // Our own rows can always be serialized.
        Self { text: text.into(), json: serde_json::to_value(data).unwrap_or_default() }
    }

    /// No output: the command has printed its own.
    pub fn nothing() -> Self {
        Self { text: String::new(), json: Value::Null }
    }
}

/// Why a command failed; each reason has its exit code.
#[derive(Debug)]
pub enum Failure {
    /// Something went wrong.
    Failed(String),
    /// The command line asks for something impossible.
    Usage(String),
    /// The named object does not exist.
    NotFound(String),
    /// The new object already exists, or is in use.
    Conflict(String),
    /// The database does not exist, or the command may not use it.
    NoDatabase(String),
    /// The configuration is wrong.
    Configuration(Problems),
    /// The command has found problems; it prints what it has found like any output.
    Found(Output),
}

impl Failure {
    /// The exit code for a wrong command line.
    pub const USAGE: u8 = 2;

    /// The exit code.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Found(_) => 1,
            Self::Usage(_) => Self::USAGE,
            Self::NotFound(_) => 3,
            Self::Conflict(_) => 4,
            Self::NoDatabase(_) => 66,    // EX_NOINPUT of sysexits.h
            Self::Configuration(_) => 78, // EX_CONFIG of sysexits.h
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Failed(_) | Self::Found(_) => "failed",
            Self::Usage(_) => "usage",
            Self::NotFound(_) => "not_found",
            Self::Conflict(_) => "conflict",
            Self::NoDatabase(_) => "no_database",
            Self::Configuration(_) => "configuration",
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Failed(text)
            | Self::Usage(text)
            | Self::NotFound(text)
            | Self::Conflict(text)
            | Self::NoDatabase(text) => text.clone(),
            Self::Configuration(problems) => problems.to_string(),
            Self::Found(output) => output.text.clone(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Configuration(problems) => {
                json!({ "error": self.name(), "problems": problems.0.iter().map(problem).collect::<Vec<_>>() })
            }
            Self::Found(output) => output.json.clone(),
            _ => json!({ "error": self.name(), "message": self.text() }),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Configuration(problems)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        if let Some(refusal) = error.downcast_ref::<NotOurs>() {
            return Self::NoDatabase(refusal.to_string());
        }
        Self::Failed(causes(&error))
    }
}

/// An error with its causes, without those that the text already has.
fn causes(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{}: {cause}", text.trim_end_matches('.'));
        }
    }
    match text.strip_prefix("the ") {
        Some(rest) => format!("The {rest}"),
        None => text,
    }
}

/// An error of the store or of a sign-in, for the command line.
pub(crate) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> anyhow::Error {
    anyhow::Error::new(error)
}

/// The result of a command.
pub type Outcome = Result<Output, Failure>;

/// Prints the result of a command, outputs to `out` and failures to `err`, and returns the exit code.
pub fn finish<'a>(outcome: Outcome, as_json: bool, out: &'a mut dyn Write, err: &'a mut dyn Write) -> u8 {
    let answers = matches!(outcome, Ok(_) | Err(Failure::Found(_)));
    let (code, text, json) = match outcome {
        Ok(Output { text, json }) => (0, text, json),
        Err(failure) => (failure.exit_code(), failure.text(), failure.json()),
    };
    if code == 0 && text.is_empty() && json.is_null() {
        return code;
    }
    let to = if answers { out } else { err };
    let text = if as_json { format!("{json:#}") } else { text };
    let written = writeln!(to, "{}", text.trim_end_matches('\n')).and_then(|()| to.flush());
    // Output that cannot be written is a failure, unless the reader has closed the pipe.
    match written {
        Err(error) if code == 0 && error.kind() != std::io::ErrorKind::BrokenPipe => 1,
        _ => code,
    }
}

/// A problem as data.
pub(super) fn problem(problem: &Problem) -> Value {
    json!({
        "key": problem.key,
        "place": problem.place.to_string(),
        "found": problem.found,
        "wanted": problem.wanted,
    })
}

/// Rows in columns under headings, or the given text if there are no rows.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]], none: &str) -> String {
    if rows.is_empty() {
        return none.to_owned();
    }
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| harmless(cell))).collect();
    let headings = headings.map(str::to_owned);
    let lines = || std::iter::once(&headings).chain(&rows);
    let width = |column: usize| lines().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: &[String; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Names and values, one per line; empty values are left out.
pub(super) fn details(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let shown = lines.iter().filter(|(_, value)| !value.is_empty());
    shown.map(|(name, value)| format!("{name:width$}  {}", harmless(value))).collect::<Vec<_>>().join("\n")
}

/// Text from others, without the control characters that could rewrite a terminal.
pub(super) fn harmless(text: &str) -> String {
    let invisible = |c: char| {
        c.is_control()
            || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if invisible(c) { '\u{fffd}' } else { c }).collect()
}

pub(super) fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_and_what_strangers_wrote_cannot_rewrite_the_terminal() {
        let rows = [["a".to_owned(), "x".to_owned()], ["Ünïcode".to_owned(), "\u{1b}[2J\nroot".to_owned()]];
        let text = table(["NAME", "V"], &rows, "none");
        assert_eq!(text, "NAME     V\na        x\nÜnïcode  \u{fffd}[2J\u{fffd}root");
        assert_eq!(table::<1>(["NAME"], &[], "No users."), "No users.");
    }

    #[test]
    fn a_cause_that_the_text_already_has_is_not_repeated() {
        let error =
            anyhow::anyhow!("connection refused").context("the database x: connection refused").context("the start");
        assert_eq!(causes(&error), "The start: the database x: connection refused");
        assert_eq!(causes(&anyhow::anyhow!("http.listen: no")), "http.listen: no");
    }

    #[test]
    fn each_failure_has_its_exit_code_and_goes_to_standard_error() {
        for (failure, code) in [
            (Failure::Failed("x".into()), 1),
            (Failure::Usage("x".into()), 2),
            (Failure::NotFound("x".into()), 3),
            (Failure::Conflict("x".into()), 4),
            (Failure::NoDatabase("x".into()), 66),
            (Failure::Configuration(Problems(Vec::new())), 78),
        ] {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            assert_eq!(finish(Err(failure), false, &mut out, &mut err), code);
            assert!(out.is_empty() && !err.is_empty());
        }
    }
}
