//! Hundreds of people who sign in at the same moment: each is signed in or asked to wait, and the memory stays bounded.

use anyhow::{Context, Result, ensure};

use crate::fill::PASSWORD;
use crate::load::{Connection, Request};
use crate::scenarios::{cookies, encode};
use crate::server::Server;

/// How many.
const PEOPLE: usize = 500;

/// How much the memory may grow meanwhile, in MiB: what one hash takes, since the server has one core and so makes one at a time, and
/// 64 KiB for each connection.
const MOST: f64 = 19.0 + PEOPLE as f64 * 64.0 / 1024.0;

/// What became of them.
pub struct Crowd {
    pub people: usize,
    pub signed_in: usize,
    /// Answered with 503 and `Retry-After`.
    pub sent_away: usize,
    /// Resident memory, in MiB.
    pub memory_before: f64,
    pub memory_peak: f64,
}

/// Everybody opens the page; when all have it, everybody sends the form.
pub async fn run(server: &Server) -> Result<Crowd> {
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let mut people = Vec::new();
            for n in 0..PEOPLE {
                people.push(Person::opens_the_page(server.port, n).await?);
            }
            server.forget_peak()?;
            let memory_before = server.peak()?;
            let answers: Vec<_> = people.into_iter().map(|person| local.spawn_local(person.sends_the_form())).collect();
            let mut signed_in = 0;
            for answer in answers {
                signed_in += usize::from(answer.await?? == 303);
            }
            let memory_peak = server.peak()?;
            let grown = memory_peak - memory_before;
            ensure!(grown <= MOST, "the memory grew by {grown:.1} MiB, and may grow by {MOST:.1}");
            Ok(Crowd { people: PEOPLE, signed_in, sent_away: PEOPLE - signed_in, memory_before, memory_peak })
        })
        .await
}

/// Somebody who has the page open.
struct Person {
    connection: Connection,
    headers: String,
    body: String,
}

impl Person {
    async fn opens_the_page(port: u16, n: usize) -> Result<Self> {
        let mut connection = Connection::open(port).await?;
        let page = connection.send(&Request { method: "GET", path: "/sign-in", headers: "", body: "" }).await?;
        let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let identifier = format!("user{}@example.com", 1 + n);
        let fields = [("csrf", csrf.context("no csrf token")?), ("identifier", &identifier), ("password", PASSWORD)];
        Ok(Self { connection, headers: cookies(&page), body: encode(&fields) })
    }

    async fn sends_the_form(mut self) -> Result<u16> {
        let form = Request { method: "POST", path: "/sign-in", headers: &self.headers, body: &self.body };
        let answer = self.connection.send(&form).await?;
        let waits = answer.status == 503 && answer.headers.to_ascii_lowercase().contains("retry-after:");
        ensure!(answer.status == 303 || waits, "{}: {}", answer.status, answer.body);
        Ok(answer.status)
    }
}
