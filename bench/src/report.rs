//! The table, for people, and a line of JSON for `bench/run` to make the page of.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::Run;
use crate::crowd::Crowd;
use crate::load::Outcome;

/// One scenario.
pub struct Line {
    pub name: &'static str,
    /// The least rate.
    pub bar: f64,
    /// What that is a share of: by name, and how often the core could do it.
    pub limit: Option<(&'static str, f64)>,
    /// That share in each round, least first.
    pub shares: Vec<f64>,
    pub outcome: Outcome,
}

impl Line {
    /// What share of the limit was reached.
    pub fn share(&self) -> f64 {
        self.limit.map_or(0.0, |(_, limit)| self.outcome.rate / limit)
    }
}

/// What sign-ins leave that nobody goes on with.
pub struct Starts {
    pub count: usize,
    pub rate: f64,
    pub rows_before: i64,
    pub rows_after: i64,
    pub pss_before: f64,
    pub pss_after: f64,
}

/// All that one run has found.
pub struct Report {
    database: &'static str,
    users: u32,
    lines: Vec<Line>,
    starts: Option<Starts>,
    crowd: Option<Crowd>,
    pub started_in: Duration,
    pub pss_idle: f64,
    pub pss_loaded: f64,
}

impl Report {
    pub fn new(run: &Run) -> Self {
        let database = if run.postgres.is_some() { "PostgreSQL" } else { "SQLite" };
        println!("\n{database}, {} users", run.users);
        println!(
            "{:<30} {:>9} {:>9} {:>7} {:>9} {:>11} {:>9} {:>9}",
            "", "per s", "bar", "of bar", "of limit", "spread", "median", "p99"
        );
        Self {
            database,
            users: run.users,
            lines: Vec::new(),
            starts: None,
            crowd: None,
            started_in: Duration::ZERO,
            pss_idle: 0.0,
            pss_loaded: 0.0,
        }
    }

    pub fn add(&mut self, line: Line) {
        let Outcome { rate, median, p99 } = line.outcome;
        let millis = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
        let (of_bar, mark) = (rate / line.bar * 100.0, if rate < line.bar { "  <" } else { "" });
        let of_limit = line.limit.map_or_else(String::new, |_| format!("{:.0} %", line.share() * 100.0));
        let spread = match &line.shares[..] {
            [least, .., greatest] => format!("{:.0}-{:.0} %", least * 100.0, greatest * 100.0),
            _ => String::new(),
        };
        println!(
            "{:<30} {rate:>9.0} {:>9.0} {of_bar:>5.0} % {of_limit:>9} {spread:>11} {:>9} {:>9}{mark}",
            line.name,
            line.bar,
            millis(median),
            millis(p99)
        );
        self.lines.push(line);
    }

    pub fn starts(&mut self, starts: Starts) {
        let Starts { count, rate, rows_before, rows_after, pss_before, pss_after } = starts;
        println!(
            "{count} sign-ins begun and left, {rate:.0} per s: {rows_before} rows before, {rows_after} after; \
             PSS {pss_before:.1} MiB before, {pss_after:.1} MiB after"
        );
        self.starts = Some(starts);
    }

    pub fn crowd(&mut self, crowd: Crowd) {
        let Crowd { people, signed_in, sent_away, memory_before, memory_peak } = crowd;
        println!(
            "{people} people who sign in by password at the same moment: {signed_in} signed in, {sent_away} asked to wait; \
             {memory_before:.1} MiB before, at most {memory_peak:.1} MiB"
        );
        self.crowd = Some(crowd);
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
                    "name": line.name, "rate": line.outcome.rate, "bar": line.bar,
                    "limit": line.limit.map(|(name, rate)| json!({ "name": name, "rate": rate })),
                    "shares": line.shares,
                    "median_ms": line.outcome.median.as_secs_f64() * 1000.0, "p99_ms": line.outcome.p99.as_secs_f64() * 1000.0,
                })
            })
            .collect();
        let starts = self.starts.as_ref().map(|starts| {
            json!({
                "count": starts.count, "rate": starts.rate, "rows_before": starts.rows_before,
                "rows_after": starts.rows_after, "pss_before": starts.pss_before, "pss_after": starts.pss_after,
            })
        });
        let crowd = self.crowd.as_ref().map(|crowd| {
            json!({
                "people": crowd.people, "signed_in": crowd.signed_in, "sent_away": crowd.sent_away,
                "memory_before": crowd.memory_before, "memory_peak": crowd.memory_peak,
            })
        });
        let all = json!({
            "database": self.database, "users": self.users, "lines": lines, "starts": starts, "crowd": crowd,
            "started_in_ms": self.started_in.as_secs_f64() * 1000.0, "pss_idle": self.pss_idle, "pss_loaded": self.pss_loaded,
        });
        let mut file = std::fs::File::options().create(true).append(true).open(out)?;
        writeln!(file, "{all}")?;
        Ok(())
    }
}
