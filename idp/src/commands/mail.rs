//! `latchkey mail`.

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

use crate::app::App;
use crate::base::clock::{Clock, Timestamp};
use crate::base::id::Id;
use crate::base::messages::Messages;
use crate::base::random::Random;
use crate::commands::finding::{Finding, report};
use crate::commands::output::{Failure, Outcome, Output, failed, harmless, table};
use crate::config::{Config, Loaded};
use crate::letters::content::{Content, Letter};
use crate::letters::kind::Kind;
use crate::letters::written::{Facts, Secrets};
use crate::mail::mailbox::Mailbox;
use crate::mail::message::Message;
use crate::mail::stop::Stop;
use crate::server::boot;
use crate::site::Site;
use crate::store::people::outbox::{self, Discard, Retry, Waiting};

/// What can be done about mail.
#[derive(Clone, Debug, Subcommand)]
pub enum MailCommand {
    /// Send a test letter by each mail server, and say what is wrong with the settings
    Test(MailTest),
    /// List the letters that wait to be sent or that no mail server took
    Outbox,
    /// Try letters again at once
    Retry(Which),
    /// Discard letters
    Discard(Which),
}

/// Where a test letter goes.
#[derive(Args, Clone, Debug)]
pub struct MailTest {
    /// Address to send it to
    #[arg(value_parser = mailbox)]
    pub address: Mailbox,
}

fn mailbox(text: &str) -> Result<Mailbox, &'static str> {
    Mailbox::of_address(text).ok_or("an address is written like name@example.com")
}

/// Which letters are meant.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// Names of letters, as latchkey mail outbox shows them
    #[arg(value_name = "LETTER")]
    letters: Vec<String>,
    /// All that no mail server took
    #[arg(long)]
    all: bool,
}

/// How many letters are read.
const MOST: i64 = 10_000;

/// A letter as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct LetterRow {
    /// Its name on the command line.
    pub letter: String,
    /// What kind of letter it is.
    pub kind: String,
    /// The recipient.
    pub recipient: String,
    /// `waiting`, or `dead` if it is not tried any more.
    pub state: &'static str,
    /// How often it was tried.
    pub tries: i64,
    /// When it was written; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub created_at: Timestamp,
    /// When it is of no use any more; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub expires_at: Timestamp,
    /// When it is tried next.
    pub next_try_at: Option<String>,
    /// Why it was not taken.
    pub last_error: Option<String>,
}

impl LetterRow {
    fn of(letter: &Waiting) -> Self {
        Self {
            letter: letter.id.handle(),
            kind: letter.kind.clone(),
            recipient: letter.recipient.clone(),
            state: if letter.next_try_at.is_some() { "waiting" } else { "dead" },
            tries: letter.tries,
            created_at: letter.created_at,
            expires_at: letter.expires_at,
            next_try_at: letter.next_try_at.map(|at| at.to_string()),
            last_error: letter.last_error.clone(),
        }
    }
}

/// The answer to `mail outbox`.
pub fn list(letters: &[LetterRow]) -> Output {
    let row = |one: &LetterRow| {
        let next = one.next_try_at.clone().unwrap_or_else(|| one.state.to_owned());
        let why = one.last_error.clone().unwrap_or_default();
        [one.letter.clone(), one.kind.clone(), one.recipient.clone(), one.tries.to_string(), next, why]
    };
    let rows: Vec<_> = letters.iter().map(row).collect();
    let head = ["LETTER", "KIND", "TO", "TRIES", "NEXT TRY", "WHY NOT YET"];
    Output::new(table(head, &rows, "No letters wait."), &letters)
}

/// Runs a command on the outbox.
pub(super) async fn command(app: &App, command: MailCommand) -> Outcome {
    match command {
        MailCommand::Outbox => Ok(list(&waiting(app).await?.iter().map(LetterRow::of).collect::<Vec<_>>())),
        MailCommand::Retry(which) => {
            let mut done = 0;
            for letter in named(app, &which).await? {
                done += i32::from(app.db.write(Retry { letter }).await.map_err(failed)?);
            }
            let letters = plural(done);
            Ok(Output::new(
                format!("{letters} will be tried again at once by the running server."),
                &json!({ "retried": done }),
            ))
        }
        MailCommand::Discard(which) => {
            let mut done = 0;
            for letter in named(app, &which).await? {
                done += i32::from(app.db.write(Discard { letter }).await.map_err(failed)?);
            }
            Ok(Output::new(format!("{} discarded.", plural(done)), &json!({ "discarded": done })))
        }
        MailCommand::Test(_) => Err(Failure::Usage("latchkey mail test needs no database".to_owned())),
    }
}

fn plural(letters: i32) -> String {
    if letters == 1 { "1 letter".to_owned() } else { format!("{letters} letters") }
}

async fn waiting(app: &App) -> Result<Vec<Waiting>, Failure> {
    Ok(outbox::list(&mut *app.db.read().await.map_err(failed)?, MOST).await.map_err(failed)?)
}

/// The letters that are meant; all of those that are named must be there.
async fn named(app: &App, which: &Which) -> Result<Vec<Id>, Failure> {
    let letters = waiting(app).await?;
    if which.all {
        return Ok(letters.into_iter().filter(|one| one.next_try_at.is_none()).map(|one| one.id).collect());
    }
    let find = |name: &String| {
        let found = letters.iter().find(|one| one.id.handle() == *name).map(|one| one.id.clone());
        found.ok_or_else(|| Failure::NotFound(format!("No letter {} is in the outbox.", harmless(name))))
    };
    which.letters.iter().map(find).collect()
}

/// Sends a test letter by each mail server, and says which of them took it.
pub(super) async fn test(test: &MailTest, loaded: &Loaded) -> Outcome {
    let config = &loaded.config;
    if config.mail.from.is_none() {
        let off = Finding::problem("mail", "mail is not configured, and no letters are sent")
            .fix("Set mail.from and mail.transports; see latchkey config reference.");
        return report(&[off]);
    }
    let mailer = boot::mailer(config)?;
    let message = test_letter(config, &test.address)?;
    let mut found = Vec::new();
    for index in 0..mailer.servers() {
        found.push(match mailer.send_by(index, &message, &Stop::default()).await {
            Ok(server) => Finding::ok("mail", format!("{server} took the letter")),
            Err(failure) => Finding::problem("mail", failure.to_string()).fix(failure.advice()),
        });
    }
    report(&found)
}

fn test_letter(config: &Config, to: &Mailbox) -> Result<Message, Failure> {
    let site = Site::new(&config.issuer, &config.pages, Arc::new(Messages::new(&config.languages)?))?;
    let (now, recipient) = (Clock::System.now(), to.to_string());
    let facts = Facts { at: Some(now), ..Facts::default() };
    let letter =
        Letter { kind: Kind::Test, recipient: &recipient, facts: &facts, secrets: &Secrets::default(), word: None };
    let content = Content::new(&site, &config.issuer, &site.language, &letter);
    Ok(Message {
        to: to.clone(),
        text: content.plain().map_err(failed)?,
        html: content.html().map_err(failed)?,
        subject: content.subject,
        id: Random::System.name::<16>(),
        written_at: now,
        language: site.language.tag().to_owned(),
    })
}
