//! Why and where the application is built.

use crate::base::clock::Clock;
use crate::base::random::Random;
use crate::mail::tray::Tray;
use crate::outbound::names::Names;

/// The sources of time and randomness, and the durability of SQLite: the parts that tests replace.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The clock.
    pub clock: Clock,
    /// The random source.
    pub random: Random,
    /// Whether SQLite waits until each commit is on disk.
    pub durable: bool,
    /// Where letters stay in place of a mail server.
    pub tray: Option<Tray>,
    /// Where the names of other servers are looked up.
    pub names: Names,
}

impl Surroundings {
    /// The surroundings of a real process.
    pub fn real() -> Self {
        Self { clock: Clock::System, random: Random::System, durable: true, tray: None, names: Names::System }
    }
}

/// Why the database is opened. This decides what may be changed in it on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To serve: makes the database, the master key and the signing keys, brings the schema up to date, and declares what the
    /// configuration declares.
    Serve,
    /// To bring the schema up to date; makes a database and a master key where there are none.
    Migrate,
    /// To begin an epoch in the copy of a backup: brings its schema up to date, and makes nothing.
    Restore,
    /// To run a command; only what the command says is changed.
    Command,
}

impl Purpose {
    /// Whether a missing database and master key are created.
    pub(super) fn makes(self) -> bool {
        matches!(self, Self::Serve | Self::Migrate)
    }
}
