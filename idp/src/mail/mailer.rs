//! Sends letters: by the first mail server that takes them, or into a tray.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use crate::base::clock::Timestamp;

use super::failure::{Failure, Stage};
use super::mailbox::Mailbox;
use super::message::Message;
use super::server::Server;
use super::smtp::{Way, last_answer};
use super::stop::Stop;
use super::tray::Tray;

/// How long a server that is not there is tried last.
const RESTS: Duration = Duration::from_secs(60);

/// Where letters go.
#[derive(Clone, Default)]
pub struct Mailer {
    from: Option<Mailbox>,
    ways: Vec<Way>,
    /// Until when each server is tried after the others.
    rests_until: Arc<[AtomicI64]>,
    tray: Option<Tray>,
    timeout: Duration,
}

/// What a mailer is made of.
pub struct Options<'a> {
    /// Who letters are from.
    pub from: &'a Mailbox,
    /// The name of this machine, with which servers are greeted: RFC 5321 §4.1.1.1. SPF is asked about it, too: RFC 7208 §2.3.
    pub hello: &'a str,
    /// The mail servers, in the order in which they are tried.
    pub servers: &'a [Server],
    /// Certificates in PEM that are trusted besides those of the known authorities.
    pub trusted: &'a [Vec<u8>],
    /// How long one server may take for one letter.
    pub timeout: Duration,
}

impl Mailer {
    /// A mailer with these servers; an error says which certificate cannot be used.
    pub fn new(options: &Options<'_>) -> Result<Self, String> {
        let Options { from, hello, servers, trusted, timeout } = options;
        let ways = servers.iter().map(|server| Way::new(server.clone(), trusted, hello, *timeout));
        let ways = ways.collect::<Result<_, _>>()?;
        let rests_until = servers.iter().map(|_| AtomicI64::default()).collect();
        Ok(Self { from: Some((*from).clone()), ways, rests_until, tray: None, timeout: *timeout })
    }

    /// A mailer that puts letters into a tray and sends none.
    pub fn into_tray(tray: Tray) -> Self {
        Self { tray: Some(tray), ..Self::default() }
    }

    /// Whether letters are sent at all.
    pub fn is_on(&self) -> bool {
        self.tray.is_some() || !self.ways.is_empty()
    }

    /// How long sending one letter takes at most: every server may use up its time.
    pub fn longest(&self) -> Duration {
        (self.timeout + last_answer(self.timeout)) * u32::try_from(self.ways.len()).unwrap_or(u32::MAX).max(1)
    }

    /// How many servers there are.
    pub fn servers(&self) -> usize {
        self.ways.len()
    }

    /// In which order the servers are tried, beginning with this one. Those that were not there a moment ago come last: a letter does not
    /// wait for each of them in vain.
    fn order(&self, first: usize, now: Timestamp) -> Vec<usize> {
        let count = self.ways.len();
        let turns = (0..count).map(|turn| first.wrapping_add(turn) % count);
        let rests = |index: &usize| {
            self.rests_until.get(*index).is_some_and(|until| until.load(Ordering::Relaxed) > now.micros())
        };
        let (resting, ready): (Vec<_>, Vec<_>) = turns.partition(rests);
        ready.into_iter().chain(resting).collect()
    }

    /// Sends a letter by the first server that takes it, beginning with this one, and returns which one it was. After a server that has
    /// the letter and does not say whether it took it, no other one gets it.
    pub async fn send(
        &self,
        message: &Message,
        first: usize,
        now: Timestamp,
        stop: &Stop,
    ) -> Result<String, Vec<Failure>> {
        if let Some(tray) = &self.tray {
            tray.put(message.clone());
            return Ok("tray".to_owned());
        }
        let (mut failures, begun) = (Vec::new(), Instant::now());
        for index in self.order(first, now) {
            match self.send_by(index, message, stop).await {
                Ok(server) => return Ok(server),
                Err(failure) => {
                    if let Some(until) = self.rests_until.get(index).filter(|_| failure.is_of_server()) {
                        until.store((now + begun.elapsed() + RESTS).micros(), Ordering::Relaxed);
                    }
                    let is_last = failure.may_have_it || failure.is_stopped;
                    failures.push(failure);
                    if is_last {
                        break;
                    }
                }
            }
        }
        Err(failures)
    }

    /// Sends a letter by this server and no other.
    pub async fn send_by(&self, index: usize, message: &Message, stop: &Stop) -> Result<String, Failure> {
        let (Some(from), Some(way)) = (&self.from, self.ways.get(index)) else {
            let (server, cause) = ("no server".to_owned(), "mail is not configured".to_owned());
            return Err(Failure::new(server, Stage::Connect, cause));
        };
        let server = way.server.to_string();
        let Some(bytes) = message.formatted(from) else {
            let cause = "it cannot be written as a letter".to_owned();
            return Err(Failure { is_final: true, ..Failure::new(server, Stage::Content, cause) });
        };
        way.send((from, &message.to), &bytes, stop).await.map(|()| server)
    }

    /// Goes as far with each server as a letter would, but sends none. Returns the servers and the results, in order.
    pub async fn reach(&self) -> Vec<(String, Result<(), Failure>)> {
        let mut reached = Vec::new();
        for way in &self.ways {
            reached.push((way.server.to_string(), way.reach().await));
        }
        reached
    }
}
