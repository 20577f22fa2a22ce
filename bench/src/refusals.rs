//! Whether the moment of a refusal tells anything of an account: tries that must fail, of several kinds in turn, and the
//! difference of their medians. `bench/refusals` builds and runs it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use latchkey::account::users::{self, NewUser};
use latchkey::base::random::Random;
use latchkey::hashing::{Bounds, Cost, Hashing};
use latchkey::login::identifier;
use latchkey::server::boot::{self, Surroundings};
use sqlx::{AnyConnection, Connection as _, Executor};

use crate::load::{Connection, Request};
use crate::scenarios::{Place, cookies, encode};
use crate::server::Server;

/// What is measured, and how.
#[derive(clap::Args, Clone)]
pub struct Refusals {
    /// The server's binary.
    #[arg(long, default_value = "target/dist/latchkey")]
    pub latchkey: PathBuf,
    /// How many tries of each kind.
    #[arg(long, default_value_t = 200)]
    pub tries: u32,
    /// The core of the server.
    #[arg(long, default_value_t = 0)]
    pub server_core: usize,
    /// How far the medians may differ, in milliseconds.
    #[arg(long, default_value_t = 5.0)]
    pub most: f64,
}

/// The kinds of accounts: none at all, a hash as hashes are now, no password, disabled, an old cheap hash, a costly one.
const KINDS: [&str; 6] = ["nobody", "now", "without", "disabled", "cheap", "costly"];

/// Tries of each kind that are not counted: the deadline gets to know the hashes.
const WARMING_UP: u32 = 10;

/// Measures, and fails if the medians differ by more than they may.
pub async fn run(run: &Refusals) -> Result<()> {
    let place = Place::new(None).await?;
    let count = run.tries + WARMING_UP;
    fill(&place, count).await?;
    let mut environment = place.environment("ES256");
    environment.push(("LATCHKEY__LOGIN__ADDRESS_PER_MINUTE".to_owned(), "1000000".to_owned()));
    let server = Server::start(&run.latchkey, run.server_core, place.port, &environment).await?;
    let mut connection = Connection::open(server.port).await?;
    let page = connection.send(&Request { method: "GET", path: "/sign-in", headers: "", body: "" }).await?;
    let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let (csrf, headers) = (csrf.context("no csrf token")?.to_owned(), cookies(&page));

    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); KINDS.len()];
    for n in 0..count {
        for (kind, times) in KINDS.iter().zip(&mut times) {
            // Each name once, so that no throttle comes in between.
            let name = format!("{kind}{n}@example.com");
            let body = encode(&[("csrf", &csrf), ("identifier", &name), ("password", "wrong password here")]);
            let began = Instant::now();
            let request = Request { method: "POST", path: "/sign-in", headers: &headers, body: &body };
            let answer = connection.send(&request).await?;
            let took = began.elapsed();
            ensure!(answer.status == 400, "{name}: {}", answer.status);
            if n >= WARMING_UP {
                times.push(took);
            }
        }
    }
    println!("| account | median | 5 % | 95 % |\n|---|---|---|---|");
    let mut medians = Vec::new();
    for (kind, times) in KINDS.iter().zip(&mut times) {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
        println!("| {kind} | {:.2} ms | {:.2} ms | {:.2} ms |", at(50), at(5), at(95));
        medians.push(at(50));
    }
    let (least, most) = medians.iter().fold((f64::MAX, 0.0_f64), |(least, most), &it| (least.min(it), most.max(it)));
    println!("\nThe medians differ by {:.2} ms at most.", most - least);
    ensure!(most - least < run.most, "the moment of a refusal tells what kind of account it is");
    Ok(())
}

async fn fill(place: &Place, count: u32) -> Result<()> {
    let surroundings = Surroundings { durable: false, ..Surroundings::real() };
    let app = boot::open(place.config()?, surroundings).await?;
    for kind in KINDS.iter().skip(1) {
        for n in 0..count {
            let identifier = identifier::parse(&format!("{kind}{n}@example.com"), None).ok().context("an address")?;
            let (identifiers, profile) = (vec![identifier], serde_json::Map::new());
            let new = NewUser { sub: None, profile, identifiers, password: None, roles: vec![] };
            users::add(&app, new).await?;
        }
    }
    let mut conn = AnyConnection::connect(&place.url).await?;
    for (kind, memory_kib, iterations) in
        [("now", 19 * 1024, 2), ("disabled", 19 * 1024, 2), ("cheap", 4 * 1024, 1), ("costly", 38 * 1024, 2)]
    {
        let bounds = Bounds { at_once: Some(1), queue: 1, wait: Duration::from_secs(1) };
        let hashing = Hashing::new(Cost { memory_kib, iterations, parallelism: 1 }, bounds, Random::System);
        let phc = hashing.hash(&"five tame herons drift".into()).await.ok().context("the hash")?;
        let sql = format!(
            "INSERT INTO password (user_id, phc, changed_at)
             SELECT user_id, '{phc}', 1 FROM user_identifier WHERE normalised LIKE '{kind}%'"
        );
        conn.execute(sqlx::AssertSqlSafe(sql)).await?;
    }
    let disable = "UPDATE user_account SET disabled_at = 1
                    WHERE id IN (SELECT user_id FROM user_identifier WHERE normalised LIKE 'disabled%')";
    conn.execute(disable).await?;
    conn.close().await?;
    app.db.close().await;
    Ok(())
}
