//! `latchkey audit`.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::app::App;
use crate::audit::key::{AuditKey, PublicKey};
use crate::audit::verify::{self, Finding, Report, Terms, What};
use crate::base::clock::Clock;
use crate::commands::events::{self, Events};
use crate::commands::output::{Failure, Outcome, Output, failed};
use crate::config::Config;
use crate::server::boot;

/// What can be done about the audit log.
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// List events, with who acted; the same as latchkey events. With --json, each has its id and the checkpoint that covers it
    List(Events),
    /// Verify that no event was changed, removed or put in afterwards
    Verify(Verify),
    /// Print the public key that verifies the checkpoints; keep it in another place
    Key,
}

/// What is verified.
#[derive(Args, Clone, Debug)]
pub struct Verify {
    /// A checkpoint that must be there, as the server has logged it: shows whether the end of the log was cut off, or the
    /// whole log was written again
    #[arg(long, value_name = "NUMBER:HASH", value_parser = checkpoint, allow_hyphen_values = true)]
    pub expect: Option<(i64, String)>,
    /// Verify with this public key, as latchkey audit key has printed it; the master key is not needed then
    #[arg(long, value_name = "KEY", value_parser = public_key, allow_hyphen_values = true)]
    pub key: Option<PublicKey>,
}

fn checkpoint(text: &str) -> Result<(i64, String), &'static str> {
    let parts = text.split_once(':').and_then(|(number, hash)| Some((number.parse().ok()?, hash.to_owned())));
    let is_one = |(number, hash): &(i64, String)| *number > 0 && hash.len() == 43;
    parts.filter(is_one).ok_or("a checkpoint is written as its number, a colon and its hash, as in the log")
}

fn public_key(text: &str) -> Result<PublicKey, &'static str> {
    // With --json, the command prints a JSON Web Key.
    let of_json =
        serde_json::from_str::<serde_json::Value>(text).ok().and_then(|jwk| Some(jwk["x"].as_str()?.to_owned()));
    PublicKey::from_text(of_json.as_deref().unwrap_or(text)).ok_or("this is no key as latchkey audit key prints it")
}

/// Runs a command on the audit log.
pub(super) async fn command(app: &App, command: AuditCommand, as_json: bool) -> Outcome {
    match command {
        AuditCommand::List(wanted) => events::command(app, &wanted, as_json).await,
        AuditCommand::Verify(wanted) => {
            let key = match wanted.key {
                Some(key) => key,
                None => own_key(app)?,
            };
            let terms = Terms { key, now: app.now(), kept: app.config.log.events_kept, expected: wanted.expect };
            let report = verify::verify(&app.db, &terms).await.map_err(failed)?;
            answer(&report, &terms)
        }
        AuditCommand::Key => {
            let key = own_key(app)?.text();
            let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": key });
            Ok(Output::new(key, &jwk))
        }
    }
}

/// Verifies a database, such as a copy on another machine, with the public key alone.
pub(super) async fn verify_with(config: Config, expected: Option<(i64, String)>, key: PublicKey) -> Outcome {
    let db = boot::open_to_read(&config).await?;
    let terms = Terms { key, now: Clock::System.now(), kept: config.log.events_kept, expected };
    let report = verify::verify(&db, &terms).await;
    db.close().await;
    answer(&report.map_err(failed)?, &terms)
}

fn own_key(app: &App) -> Result<PublicKey, Failure> {
    let key = AuditKey::of(&app.vault).and_then(|key| key.public());
    key.ok_or_else(|| Failure::Failed("The key of the audit log cannot be made.".to_owned()))
}

fn answer(report: &Report, terms: &Terms) -> Outcome {
    let mut lines = Vec::new();
    if report.found == 0 {
        lines.push(match report.checkpoints {
            0 => "There is no checkpoint yet; a running server makes one each minute in which something has happened."
                .to_owned(),
            count => format!(
                "The audit log is as it was written: {} under {}.",
                counted(report.events, "event"),
                counted(count, "checkpoint")
            ),
        });
    } else {
        lines.push(format!("The audit log is NOT as it was written: {}.", counted(report.found, "finding")));
        lines.extend(report.findings.iter().map(|finding| format!("  {}", words(finding, report))));
        let more = report.found - report.findings.len() as u64;
        if more > 0 {
            lines.push(format!("  and {more} more"));
        }
    }
    lines.extend(notes(report, terms));
    let data = json!({
        "whole": report.found == 0,
        "checkpoints": report.checkpoints,
        "events": report.events,
        "events_without_checkpoint": report.uncovered,
        "checkpoints_about_to_be_removed": report.due,
        "removed_until": report.removed,
        "last": report.last.as_ref().map(|(number, hash, at)| json!({
            "number": number, "hash": hash, "made_at": at.to_string(),
        })),
        "restored_at": report.restored.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "findings_in_all": report.found,
        "findings": report.findings.iter().map(|finding| {
            let mut data = serde_json::to_value(finding).unwrap_or_default();
            data["message"] = words(finding, report).into();
            data
        }).collect::<Vec<_>>(),
    });
    let output = Output::new(lines.join("\n"), &data);
    if report.found == 0 { Ok(output) } else { Err(Failure::Found(output)) }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What else is worth knowing.
fn notes(report: &Report, terms: &Terms) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some((number, hash, at)) = &report.last {
        notes.push(format!("The last checkpoint is {number}:{hash}, made at {at}."));
    }
    if let Some(removed) = report.removed {
        notes.push(format!(
            "Checkpoints up to {removed} were removed with their events, which had been kept for as long as log.events_kept said."
        ));
        if terms.expected.as_ref().is_some_and(|(number, _)| *number < removed) {
            notes.push(
                "The checkpoint that was expected is among them: there is nothing left to compare it with.".to_owned(),
            );
        }
    }
    if report.due > 0 {
        let count = counted(report.due, "checkpoint");
        let verb = if report.due == 1 { "is" } else { "are" };
        notes.push(format!(
            "{count} with events older than log.events_kept {verb} about to be removed, and not compared."
        ));
    }
    if report.uncovered > 0 {
        let count = counted(report.uncovered.unsigned_abs(), "event");
        let verb = if report.uncovered == 1 { "is" } else { "are" };
        notes.push(format!("{count} {verb} not under a checkpoint yet."));
    }
    for at in &report.restored {
        notes.push(format!(
            "A backup was restored at {at}: what had happened between the backup and then is not in this log."
        ));
    }
    notes
}

/// A finding in words.
fn words(finding: &Finding, report: &Report) -> String {
    let checkpoint = finding.checkpoint.map_or_else(String::new, |number| format!("checkpoint {number}: "));
    let event = finding.event.as_ref().map_or_else(|| "an event".to_owned(), |id| format!("the event {id}"));
    let of = finding.at.map_or_else(String::new, |at| format!(" of {at}"));
    let last = report.last.as_ref().map_or(0, |(number, ..)| *number);
    let what = match finding.what {
        What::EventMissing => format!("{event} is missing"),
        What::EventAdded => format!("{event}{of} was added: no checkpoint covers it"),
        What::EventChanged => format!("{event}{of} was changed"),
        What::OriginChanged => format!("address or User-Agent of {event}{of} were changed or removed"),
        What::EventLate => format!(
            "{event}{of} appeared much later than its time says: it was added afterwards, or the clock of a server was wrong"
        ),
        What::EventAhead => {
            format!("{event}{of} is from the future: it was changed, or the clock of a server was wrong")
        }
        What::CheckpointMissing => "it is missing".to_owned(),
        What::CheckpointForged => {
            "it was changed, or was not signed by this key; its events are not verified".to_owned()
        }
        What::ChainBroken => "it does not follow on the checkpoint before it".to_owned(),
        What::BeginningForged => {
            "the mark of where the log begins was changed, or was not signed by this key".to_owned()
        }
        What::EndForged => "the mark of where the log ends was changed, or was not signed by this key".to_owned(),
        What::NotAsExpected => {
            "it has another hash than was expected: it was written again, perhaps after a backup was restored"
                .to_owned()
        }
        What::EndsEarly => format!(
            "it was expected, and the log ends with {last}: its end was cut off, or an earlier backup was restored"
        ),
    };
    format!("{checkpoint}{what}")
}
