//! The table, for people, and a line of JSON for `bench/run` to make the page of.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::Run;
use crate::load::Outcome;
use crate::raw::Raw;

/// One scenario.
pub struct Line {
    pub name: &'static str,
    /// The least rate.
    pub bar: f64,
    /// What that is a share of.
    pub limit: String,
    pub outcome: Outcome,
}

/// All that one run has found.
pub struct Report {
    database: &'static str,
    users: u32,
    raw: Raw,
    lines: Vec<Line>,
    pub started_in: Duration,
    pub pss_idle: f64,
    pub pss_loaded: f64,
}

impl Report {
    pub fn new(run: &Run, raw: Raw) -> Self {
        let database = if run.postgres.is_some() { "PostgreSQL" } else { "SQLite" };
        println!(
            "\n{database}, {} users; raw: {:.0} RS256/s, {:.0} ES256/s, {:.1} argon2id/s",
            run.users, raw.rs256, raw.es256, raw.argon2id
        );
        println!("{:<30} {:>9} {:>9} {:>7} {:>9} {:>9}", "", "per s", "bar", "of bar", "median", "p99");
        Self {
            database,
            users: run.users,
            raw,
            lines: Vec::new(),
            started_in: Duration::ZERO,
            pss_idle: 0.0,
            pss_loaded: 0.0,
        }
    }

    pub fn add(&mut self, line: Line) {
        let Outcome { rate, median, p99 } = line.outcome;
        let millis = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
        let (of_bar, mark) = (rate / line.bar * 100.0, if rate < line.bar { "  <" } else { "" });
        println!(
            "{:<30} {rate:>9.0} {:>9.0} {of_bar:>5.0} % {:>9} {:>9}{mark}",
            line.name,
            line.bar,
            millis(median),
            millis(p99)
        );
        self.lines.push(line);
    }

    pub fn finish(&self, out: Option<&Path>) -> Result<()> {
        println!(
            "second start {} ms, PSS idle {:.1} MiB, after load {:.1} MiB",
            self.started_in.as_millis(),
            self.pss_idle,
            self.pss_loaded
        );
        let Some(out) = out else { return Ok(()) };
        let lines: Vec<_> = self
            .lines
            .iter()
            .map(|line| {
                json!({
                    "name": line.name, "rate": line.outcome.rate, "bar": line.bar, "limit": line.limit,
                    "median_ms": line.outcome.median.as_secs_f64() * 1000.0, "p99_ms": line.outcome.p99.as_secs_f64() * 1000.0,
                })
            })
            .collect();
        let all = json!({
            "database": self.database, "users": self.users, "raw": self.raw, "lines": lines,
            "started_in_ms": self.started_in.as_secs_f64() * 1000.0, "pss_idle": self.pss_idle, "pss_loaded": self.pss_loaded,
        });
        let mut file = std::fs::File::options().create(true).append(true).open(out)?;
        writeln!(file, "{all}")?;
        Ok(())
    }
}
