//! What `latchkey doctor` and `latchkey config check` find.

use serde::Serialize;
use serde_json::json;

use crate::commands::output::{Failure, Outcome, Output, harmless};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// It works, and could be better.
    Advice,
    /// It does not work, or is not safe.
    Problem,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Advice => "advice",
            Self::Problem => "problem",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// How bad it is.
    pub(super) level: Level,
    /// What it is about: `files`, `database`, `redis`, …
    pub(super) subject: &'static str,
    /// What was found.
    pub(super) what: String,
    /// What follows from it.
    pub(super) consequence: Option<String>,
    /// What to do.
    pub(super) action: Option<String>,
}

impl Finding {
    /// Something that is as it should be.
    pub(super) fn ok(subject: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Ok, subject, what: what.into(), consequence: None, action: None }
    }

    /// Something that works, and could be better.
    pub(super) fn advice(subject: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Advice, ..Self::ok(subject, what) }
    }

    /// Something that does not work, or is not safe.
    pub(super) fn problem(subject: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Problem, ..Self::ok(subject, what) }
    }

    /// The same with what follows from it.
    pub(super) fn so(self, consequence: impl Into<String>) -> Self {
        Self { consequence: Some(consequence.into()), ..self }
    }

    /// The same with what to do.
    pub(super) fn fix(self, action: impl Into<String>) -> Self {
        Self { action: Some(action.into()), ..self }
    }

    /// The finding as lines that begin like this.
    pub(super) fn lines(&self, begin: &str) -> String {
        let rest = [&self.consequence, &self.action].into_iter().flatten();
        let mut text = format!("{begin}{:7}  {}: {}", self.level.as_str(), self.subject, harmless(&self.what));
        for line in rest {
            text += &format!("\n{begin}         {}", harmless(line));
        }
        text
    }
}

/// How many findings are of a level.
fn count(findings: &[Finding], level: Level) -> usize {
    findings.iter().filter(|finding| finding.level == level).count()
}

/// A summary of the findings in one sentence.
pub(super) fn summary(findings: &[Finding]) -> String {
    let plural = |n: usize, one: &str, many: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {many}") };
    match (count(findings, Level::Problem), count(findings, Level::Advice)) {
        (0, 0) => "No problems found.".to_owned(),
        (0, advice) => format!("No problems found; {} to consider.", plural(advice, "thing", "things")),
        (problems, 0) => format!("{} found.", plural(problems, "problem", "problems")),
        (problems, advice) => {
            format!(
                "{} found, {} to consider.",
                plural(problems, "problem", "problems"),
                plural(advice, "thing", "things")
            )
        }
    }
}

/// The findings as an output; a failure if there is a problem among them.
pub(super) fn told(findings: &[Finding], output: Output) -> Outcome {
    match count(findings, Level::Problem) {
        0 => Ok(output),
        _ => Err(Failure::Found(output)),
    }
}

/// A report of all findings.
pub(super) fn report(findings: &[Finding]) -> Outcome {
    let lines: Vec<String> = findings.iter().map(|finding| finding.lines("")).collect();
    let text = format!("{}\n\n{}", lines.join("\n"), summary(findings));
    let ok = count(findings, Level::Problem) == 0;
    told(findings, Output { text, json: json!({ "ok": ok, "findings": findings }) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_a_failure_that_is_printed_like_a_success() {
        let fine = Finding::ok("clock", "it agrees");
        let advice = Finding::advice("redis", "it forgets").so("People begin again.").fix("Turn on appendonly.");
        let report = report(&[fine.clone(), advice.clone()]).unwrap();
        let text = "ok       clock: it agrees\nadvice   redis: it forgets\n         People begin again.\n         \
                    Turn on appendonly.\n\nNo problems found; 1 thing to consider.";
        assert_eq!(report.text, text);
        assert_eq!(report.json["ok"], true);
        let problem = Finding::problem("database", "it is gone");
        let Err(Failure::Found(found)) = super::report(&[fine, advice, problem]) else { panic!("a problem") };
        assert!(found.text.ends_with("1 problem found, 1 thing to consider."), "{}", found.text);
        assert_eq!(found.json["findings"][2]["level"], "problem");
    }
}
