//! Measures Latchkey on loopback: the server pinned to one core, the load to another, and the raw limits of the server's
//! core in the same run. `bench/run` builds all of it and writes `docs/performance.md`.

mod audit;
mod crowd;
mod fill;
mod load;
mod passkey;
mod raw;
mod refusals;
mod report;
mod scenarios;
mod server;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print how often this core can do one thing in a second.
    Raw {
        /// What.
        limit: raw::Limit,
    },
    /// Fill a database, start the server and load it; print a table.
    Run(Run),
    /// Try to sign in to accounts of several kinds with a wrong password, and compare when that is refused.
    Refusals(refusals::Refusals),
    /// Verify an audit log of many events, and tell how long that takes.
    Audit(audit::Audit),
}

/// What is measured, and how.
#[derive(clap::Args, Clone)]
pub struct Run {
    /// The server's binary.
    #[arg(long, default_value = "target/dist/latchkey")]
    pub latchkey: PathBuf,
    /// A PostgreSQL on which databases are made; without one, SQLite in a temporary folder.
    #[arg(long)]
    pub postgres: Option<String>,
    /// How many users the database holds, each with a session and a grant.
    #[arg(long, default_value_t = 1_000)]
    pub users: u32,
    /// How long each scenario runs, in seconds, after one second of warming up.
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
    /// How often a scenario is measured whose bar is a share of a limit; the spread of the shares is told, too.
    #[arg(long, default_value_t = 10)]
    pub rounds: usize,
    /// How many connections load the server.
    #[arg(long, default_value_t = 16)]
    pub connections: usize,
    /// The core of the server.
    #[arg(long, default_value_t = 0)]
    pub server_core: usize,
    /// How many sign-ins are begun and left, after all else; then the rows of the database are counted.
    #[arg(long, default_value_t = 20_000)]
    pub starts: u32,
    /// Run only the scenarios whose names contain this.
    #[arg(long)]
    pub only: Option<String>,
    /// Where the outcome is added to, as a line of JSON.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

impl Run {
    /// How long each scenario is measured.
    pub fn time(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Raw { limit } => {
            println!("{}", raw::measure(limit)?);
            Ok(())
        }
        Command::Refusals(run) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(refusals::run(&run))
        }
        Command::Audit(run) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(audit::run(&run))
        }
        Command::Run(run) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(scenarios::run(&run))
        }
    }
}
