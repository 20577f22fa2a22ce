//! Sends letters: by the first mail server that takes them, or into a tray.

use std::time::Duration;

use super::failure::{Failure, Stage};
use super::mailbox::Mailbox;
use super::message::Message;
use super::server::Server;
use super::smtp::Way;
use super::tray::Tray;

/// Where letters go.
#[derive(Clone, Default)]
pub struct Mailer {
    from: Option<Mailbox>,
    ways: Vec<Way>,
    tray: Option<Tray>,
    timeout: Duration,
}

/// What a mailer is made of.
pub struct Options<'a> {
    /// Who letters are from.
    pub from: &'a Mailbox,
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
        let Options { from, servers, trusted, timeout } = options;
        // What a server is greeted with: RFC 5321 §4.1.1.1.
        let hello = from.domain();
        let ways = servers.iter().map(|server| Way::new(server.clone(), trusted, hello, *timeout));
        let ways = ways.collect::<Result<_, _>>()?;
        Ok(Self { from: Some((*from).clone()), ways, tray: None, timeout: *timeout })
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
        self.timeout * u32::try_from(self.ways.len()).unwrap_or(u32::MAX).max(1)
    }

    /// How many servers there are.
    pub fn servers(&self) -> usize {
        self.ways.len()
    }

    /// Sends a letter by the first server that takes it, beginning with this one, and returns which one it was.
    pub async fn send(&self, message: &Message, first: usize) -> Result<String, Vec<Failure>> {
        if let Some(tray) = &self.tray {
            tray.put(message.clone());
            return Ok("tray".to_owned());
        }
        let mut failures = Vec::new();
        for turn in 0..self.ways.len() {
            let index = first.wrapping_add(turn) % self.ways.len();
            match self.send_by(index, message).await {
                Ok(server) => return Ok(server),
                Err(failure) => failures.push(failure),
            }
        }
        Err(failures)
    }

    /// Sends a letter by this server and no other.
    pub async fn send_by(&self, index: usize, message: &Message) -> Result<String, Failure> {
        let (Some(from), Some(way)) = (&self.from, self.ways.get(index)) else {
            let (server, cause) = ("no server".to_owned(), "mail is not configured".to_owned());
            return Err(Failure { server, stage: Stage::Connect, cause, is_final: false });
        };
        let server = way.server.to_string();
        let Some(bytes) = message.formatted(from) else {
            let cause = "it cannot be written as a letter".to_owned();
            return Err(Failure { server, stage: Stage::Content, cause, is_final: true });
        };
        way.send(from, &message.to, &bytes).await.map(|()| server)
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
