//! How long `latchkey audit verify` takes for a log of many events, and how much memory. `bench/audit` builds and runs it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use latchkey::audit::checkpoint;
use latchkey::base::clock::Clock;
use latchkey::base::id::Id;
use latchkey::server::boot::{self, Surroundings};
use latchkey::store::db::{self, Change, Tx};
use latchkey::store::installation::event::Event;

use crate::scenarios::Place;

/// What is measured, and how.
#[derive(clap::Args, Clone)]
pub struct Audit {
    /// The server's binary.
    #[arg(long, default_value = "target/dist/latchkey")]
    pub latchkey: PathBuf,
    /// A PostgreSQL on which a database is made; without one, SQLite in a temporary folder.
    #[arg(long)]
    pub postgres: Option<String>,
    /// How many events the log holds.
    #[arg(long, default_value_t = 1_000_000)]
    pub events: u32,
}

/// How many events are written in one transaction.
const BATCH: u32 = 1000;

/// As many sign-ins of people who do not exist any more as a batch has.
#[derive(Clone)]
struct SignIns {
    count: u32,
}

impl Change for SignIns {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<()> {
        for _ in 0..self.count {
            let (user, session): (Id, Id) = (tx.id(), tx.id());
            tx.record(&Event::SignedIn { user, session, amr: vec!["pwd".to_owned()] }).await?;
        }
        Ok(())
    }
}

/// Writes the events and their checkpoints, and has them verified by the command line.
pub async fn run(run: &Audit) -> Result<()> {
    let place = Place::new(run.postgres.as_deref()).await?;
    let began = Clock::System.now() - Duration::from_secs(24 * 60 * 60);
    let surroundings = Surroundings { clock: Clock::manual(began), durable: false, ..Surroundings::real() };
    let app = boot::open(place.config()?, surroundings).await?;
    let writing = Instant::now();
    let mut left = run.events;
    while left > 0 {
        let count = left.min(BATCH);
        app.db.write(SignIns { count }).await?;
        app.clock.advance(Duration::from_millis(100));
        left -= count;
    }
    println!("{} events written in {:.1} s", run.events, writing.elapsed().as_secs_f64());
    app.clock.advance(Duration::from_secs(60));
    let signing = Instant::now();
    let mut made = 0;
    loop {
        let new = checkpoint::make(&app).await.map_err(|error| anyhow::anyhow!("{error}"))?.len();
        if new == 0 {
            break;
        }
        made += new;
    }
    println!("{made} checkpoints signed in {:.1} s", signing.elapsed().as_secs_f64());
    app.db.close().await;
    drop(app);
    let mut environment = place.environment("RS256");
    environment.push(("LATCHKEY__ISSUER".to_owned(), format!("http://localhost:{}", place.port)));
    verify(run, &environment).await
}

async fn verify(run: &Audit, environment: &[(String, String)]) -> Result<()> {
    let began = Instant::now();
    let mut child = std::process::Command::new(&run.latchkey)
        .args(["audit", "verify"])
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .spawn()
        .context("the command cannot be started")?;
    // The kernel forgets the peak with the process, so it is looked at until the end.
    let mut peak = 0.0_f64;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak = peak.max(peak_memory(child.id()).unwrap_or_default());
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let took = began.elapsed().as_secs_f64();
    ensure!(status.success(), "audit verify ended with {status}");
    println!("verified in {took:.1} s, {:.0} events per s, at most {peak:.0} MiB", f64::from(run.events) / took);
    Ok(())
}

/// The most memory that a process has had so far, in MiB.
pub fn peak_memory(process: u32) -> Result<f64> {
    let text = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? / 1024.0)
}
