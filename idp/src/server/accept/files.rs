//! How many files and connections the system lets the process open.

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::config::Config;
use crate::server::accept::connections::{CLOSING, RESERVED, WATCHING};

/// How many files the process needs besides connections and the database: standard streams, the runtime, listeners, Redis, traces,
/// certificates, and some to spare.
const OTHER: u64 = 64;

/// How many files one connection to an SQLite database has open: the database, its log, what they share.
const PER_DATABASE: u64 = 3;

/// The number of connections is never lowered below this.
const FEWEST: u64 = 16;

/// Raises the limit of open files as far as the system allows, and fits the number of connections to it.
pub fn fit(config: &mut Config) {
    let mut limits = getrlimit(Resource::Nofile);
    let before = limits.current;
    limits.current = limits.maximum;
    let allowed = if setrlimit(Resource::Nofile, limits).is_ok() { limits.maximum } else { before };
    // Without a limit there is nothing to fit.
    let Some(allowed) = allowed else { return };
    let fitting = fitting(allowed, config.database.max_connections);
    if u64::from(config.http.connections) > fitting {
        tracing::warn!(
            "http.connections is {fitting} here, since the system lets the process open {allowed} files (ulimit -Hn, LimitNOFILE)"
        );
        config.http.connections = u32::try_from(fitting).unwrap_or(u32::MAX);
    }
}

/// How many connections fit into a limit of files.
fn fitting(allowed: u64, database: u32) -> u64 {
    let connections = u64::from(WATCHING) + u64::from(RESERVED) + 2 * u64::from(CLOSING);
    let others = OTHER + u64::from(database) * PER_DATABASE + connections;
    allowed.saturating_sub(others).max(FEWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q5_connections_leave_files_for_all_else() {
        assert_eq!(fitting(1024, 10), 1024 - 64 - 30 - 64 - 16 - 128);
        assert_eq!(fitting(1_048_576, 10), 1_048_576 - 302);
        assert_eq!(fitting(100, 10), 16, "the least, whatever comes of it");
    }
}
