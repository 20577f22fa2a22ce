//! Verifies the events against the checkpoints. Both are read in their order, some at a time, so that memory is bounded.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde::Serialize;

use crate::audit::checkpoint::LATE;
use crate::audit::key::PublicKey;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::store::db::{Db, Result};
use crate::store::installation::audit_checkpoint::{self, Beginning, Checkpoint, End, GENESIS, line};
use crate::store::installation::event::{self, Covered};

/// How many checkpoints are read at once.
const CHECKPOINTS: i64 = 20;

/// How many events are read at once.
const EVENTS: i64 = 1000;

/// How many findings are listed; further ones are counted.
const LISTED: usize = 100;

/// What is verified.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The key that has signed the checkpoints.
    pub key: PublicKey,
    /// The present moment.
    pub now: Timestamp,
    /// How long events are kept.
    pub kept: Duration,
    /// A checkpoint that the log must have: its number and hash.
    pub expected: Option<(i64, String)>,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// An event that a checkpoint covers is not there.
    EventMissing,
    /// An event is under a checkpoint that does not cover it, or that is not there.
    EventAdded,
    /// An event is not as it was written.
    EventChanged,
    /// The address or `User-Agent` of an event was changed, or removed without a deletion of its user.
    OriginChanged,
    /// An event appeared much later than its time says.
    EventLate,
    /// An event that no checkpoint covers yet has a time that is still to come.
    EventAhead,
    /// A checkpoint is not there.
    CheckpointMissing,
    /// A checkpoint is not what was signed, or the key has not signed it.
    CheckpointForged,
    /// A checkpoint does not name the one before it, or does not begin where that one ended.
    ChainBroken,
    /// The mark of where the log begins is not what was signed.
    BeginningForged,
    /// The mark of where the log ends is not what was signed.
    EndForged,
    /// The checkpoint that was expected has another hash.
    NotAsExpected,
    /// The log ends before the checkpoint that was expected.
    EndsEarly,
}

/// A finding and its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is wrong.
    pub what: What,
    /// The number of the checkpoint.
    pub checkpoint: Option<i64>,
    /// The id of the event.
    pub event: Option<Id>,
    /// The time of the event.
    #[serde(serialize_with = "told")]
    pub at: Option<Timestamp>,
}

fn told<S: serde::Serializer>(at: &Option<Timestamp>, to: S) -> std::result::Result<S::Ok, S::Error> {
    match at {
        Some(at) => to.collect_str(at),
        None => to.serialize_none(),
    }
}

/// The result.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many checkpoints were verified.
    pub checkpoints: u64,
    /// How many events they cover.
    pub events: u64,
    /// How many events no checkpoint covers yet.
    pub uncovered: i64,
    /// How many checkpoints are so old that their events were not compared: they are about to be removed.
    pub due: u64,
    /// The number of the last checkpoint that was removed with its events, when they had been kept for long enough.
    pub removed: Option<i64>,
    /// The last checkpoint: its number, its hash, and when it was made.
    pub last: Option<(i64, String, Timestamp)>,
    /// When backups were restored: what came after the backup is not in the log.
    pub restored: Vec<Timestamp>,
    /// What is wrong, the first findings.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub found: u64,
}

/// Verifies the log.
pub async fn verify(db: &Db, terms: &Terms) -> Result<Report> {
    let mut run = Run::begin(db, terms).await?;
    loop {
        let page = audit_checkpoint::after(&mut *db.read().await?, run.number, CHECKPOINTS).await?;
        if page.is_empty() {
            // What has appeared meanwhile has a checkpoint that has appeared with it.
            run.fill().await?;
            let Some(number) = run.waiting.front().and_then(|next| next.event.checkpoint) else { break };
            let next = audit_checkpoint::after(&mut *db.read().await?, run.number, 1).await?;
            if next.first().is_none_or(|next| next.number > number) {
                run.events_without(number).await?;
            }
        }
        for checkpoint in page {
            run.checkpoint(checkpoint).await?;
        }
    }
    run.end().await
}

/// A verification in progress.
struct Run<'a> {
    db: &'a Db,
    terms: &'a Terms,
    report: Report,
    /// The number and hash of the checkpoint before the next one.
    number: i64,
    hash: String,
    /// Where that one ended; `None` if it was removed.
    until_at: Option<Timestamp>,
    /// The end as the database says it was signed, when the verification began; what is signed meanwhile comes after it.
    end: Option<End>,
    /// Whether the expected checkpoint was met.
    met: bool,
    /// Events that were read and not compared yet, and the place of the last one.
    waiting: VecDeque<Covered>,
    place: (i64, Timestamp, String),
}

impl<'a> Run<'a> {
    async fn begin(db: &'a Db, terms: &'a Terms) -> Result<Self> {
        let mut conn = db.read().await?;
        let (beginning, end) = (Beginning::find(&mut conn).await?, End::find(&mut conn).await?);
        drop(conn);
        let mut run = Self {
            end,
            db,
            terms,
            report: Report::default(),
            number: 0,
            hash: GENESIS.to_owned(),
            until_at: None,
            met: false,
            waiting: VecDeque::new(),
            place: (i64::MIN, Timestamp::from_micros(i64::MIN), String::new()),
        };
        if run.end.as_ref().is_some_and(|end| !terms.key.has_signed_end(end)) {
            run.find(What::EndForged, None, None);
            run.end = None;
        }
        if let Some(beginning) = beginning {
            if !run.is_signed(&beginning) {
                run.find(What::BeginningForged, None, None);
            }
            run.begins_after(beginning);
        }
        Ok(run)
    }

    fn is_signed(&self, beginning: &Beginning) -> bool {
        self.terms.key.has_signed_beginning(beginning)
    }

    fn begins_after(&mut self, beginning: Beginning) {
        self.report.removed = Some(beginning.removed);
        (self.number, self.hash, self.until_at) = (beginning.removed, beginning.hash, None);
        self.expect(self.number, self.hash.clone());
    }

    /// Compares a checkpoint with the one that was expected.
    fn expect(&mut self, number: i64, hash: String) {
        let Some((wanted, wanted_hash)) = &self.terms.expected else { return };
        if *wanted == number {
            self.met = true;
            if *wanted_hash != hash {
                self.find(What::NotAsExpected, Some(number), None);
            }
        }
    }

    fn find(&mut self, what: What, checkpoint: Option<i64>, event: Option<&event::Recorded>) {
        let (at, event) = (event.map(|event| event.at), event.map(|event| event.id.clone()));
        self.add(Finding { what, checkpoint, event, at });
    }

    fn add(&mut self, finding: Finding) {
        self.report.found += 1;
        if self.report.findings.len() < LISTED {
            self.report.findings.push(finding);
        }
    }

    /// Reads the next events if none wait.
    async fn fill(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            let (number, at, id) = &self.place;
            let next = event::covered(&mut *self.db.read().await?, (*number, *at, id), EVENTS).await?;
            if let Some(Covered { event, .. }) = next.last() {
                self.place = (event.checkpoint.unwrap_or_default(), event.at, event.id.to_string());
            }
            self.waiting.extend(next);
        }
        Ok(())
    }

    /// The next event, if it is under a checkpoint with this number or an earlier one.
    async fn next(&mut self, number: i64) -> Result<Option<Covered>> {
        self.fill().await?;
        let is_next = |next: &mut Covered| next.event.checkpoint.is_some_and(|own| own <= number);
        Ok(self.waiting.pop_front_if(is_next))
    }

    /// Events up to this number, for which there is no checkpoint.
    async fn events_without(&mut self, number: i64) -> Result<()> {
        while let Some(Covered { event, .. }) = self.next(number).await? {
            self.stranger(&event).await?;
        }
        Ok(())
    }

    /// An event whose checkpoint is not there. It may have been removed with it since it was read.
    async fn stranger(&mut self, event: &event::Recorded) -> Result<()> {
        if event::is_there(&mut *self.db.read().await?, &event.id).await? {
            self.find(What::EventAdded, event.checkpoint, Some(event));
        }
        Ok(())
    }

    async fn checkpoint(&mut self, checkpoint: Checkpoint) -> Result<()> {
        let number = checkpoint.number;
        if number != self.number + 1 {
            // Those in between may have been removed since the verification began.
            let beginning = Beginning::find(&mut *self.db.read().await?).await?;
            match beginning.filter(|beginning| beginning.removed + 1 == number && self.is_signed(beginning)) {
                Some(beginning) if self.number < beginning.removed => self.begins_after(beginning),
                _ => {
                    for missing in (self.number + 1..number).take(LISTED) {
                        self.find(What::CheckpointMissing, Some(missing), None);
                    }
                }
            }
        }
        self.events_without(number - 1).await?;
        let is_whole = self.terms.key.has_signed_checkpoint(&checkpoint);
        match is_whole {
            false => self.find(What::CheckpointForged, Some(number), None),
            true if number == self.number + 1 && !self.is_followed_by(&checkpoint) => {
                self.find(What::ChainBroken, Some(number), None);
            }
            true => {}
        }
        self.compare(&checkpoint, is_whole).await?;
        let hash = checkpoint.computed_hash();
        self.expect(number, hash.clone());
        if self.end.as_ref().is_some_and(|end| end.number == number && end.hash != hash) {
            self.find(What::NotAsExpected, Some(number), None);
        }
        self.report.checkpoints += 1;
        if is_whole {
            self.report.last = Some((number, hash.clone(), checkpoint.made_at));
        }
        (self.number, self.hash, self.until_at) = (number, hash, Some(checkpoint.until_at));
        Ok(())
    }

    /// Whether a checkpoint names the one before it, and begins where that one ended: which event is late rests on that.
    fn is_followed_by(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint.previous == self.hash && self.until_at.is_none_or(|until_at| until_at == checkpoint.from_at)
    }

    /// Compares the events under a checkpoint with those that it names.
    async fn compare(&mut self, checkpoint: &Checkpoint, is_whole: bool) -> Result<()> {
        let number = checkpoint.number;
        // The release before removes events one by one when they have been kept for long enough.
        let is_due = checkpoint.earliest_at < self.terms.now - self.terms.kept;
        self.report.due += u64::from(is_due);
        let mut named: HashMap<&str, &str> = HashMap::new();
        if is_whole && !is_due {
            named.extend(checkpoint.events.lines().filter_map(|line| Some((line.split_once(' ')?.0, line))));
        }
        let (before, found_before) = (self.report.findings.len(), self.report.found);
        while let Some(next) = self.next(number).await? {
            self.report.events += 1;
            let Covered { event, forgotten_at } = next;
            if event.kind == "restored" {
                self.report.restored.push(event.at);
            }
            if !is_whole || is_due {
                continue;
            }
            let what = match named.remove(event.id.as_str()) {
                None => Some(What::EventAdded),
                Some(named) if line(&event).trim_end() != named => Some(What::EventChanged),
                Some(_) => match event.has_its_origin() {
                    Some(false) => Some(What::OriginChanged),
                    // Only the deletion of a user removes it. Events may come while that goes on.
                    None if forgotten_at.is_none_or(|until| event.at > until + LATE) => Some(What::OriginChanged),
                    _ if event.at < checkpoint.from_at - LATE => Some(What::EventLate),
                    _ => None,
                },
            };
            if let Some(what) = what {
                self.find(what, Some(number), Some(&event));
            }
        }
        let mut missing: Vec<&str> = named.into_keys().collect();
        missing.sort_unstable();
        for id in missing {
            let (what, event) = (What::EventMissing, Some(id.into()));
            self.add(Finding { what, checkpoint: Some(number), event, at: None });
        }
        if self.report.found > found_before {
            // It may have been removed in the meantime, with its events.
            let beginning = Beginning::find(&mut *self.db.read().await?).await?;
            if beginning.is_some_and(|beginning| beginning.removed >= number && self.is_signed(&beginning)) {
                self.report.findings.truncate(before);
                self.report.found = found_before;
            }
        }
        Ok(())
    }

    async fn end(mut self) -> Result<Report> {
        let since = self.terms.now - self.terms.kept;
        let mut conn = self.db.read().await?;
        self.report.uncovered = event::count_uncovered(&mut conn, since).await?;
        let newest = audit_checkpoint::newest(&mut conn).await?;
        let earliest = event::earliest_uncovered(&mut conn, since).await?;
        // Nothing would ever cover it, so that it could be changed for as long as one likes.
        let ahead = event::earliest_uncovered(&mut conn, self.terms.now + LATE).await?;
        drop(conn);
        if let (Some(newest), Some((at, event))) = (newest, earliest)
            && at < newest.until_at - LATE
        {
            self.add(Finding { what: What::EventLate, checkpoint: None, event: Some(event), at: Some(at) });
        }
        if let Some((at, event)) = ahead {
            self.add(Finding { what: What::EventAhead, checkpoint: None, event: Some(event), at: Some(at) });
        }
        if let Some(end) = self.end.take()
            && end.number > self.number
        {
            self.find(What::EndsEarly, Some(end.number), None);
        }
        if let Some((wanted, _)) = self.terms.expected
            && !self.met
        {
            match self.report.removed {
                // It was removed with its events, and nothing is left to compare it with.
                Some(removed) if wanted <= removed => {}
                _ if wanted > self.number => self.find(What::EndsEarly, Some(wanted), None),
                _ => self.find(What::CheckpointMissing, Some(wanted), None),
            }
        }
        Ok(self.report)
    }
}
