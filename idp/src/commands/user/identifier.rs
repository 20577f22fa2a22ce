//! `latchkey user identifier`.

use clap::{Args, Subcommand};

use super::row::{IdentifierRow, Shown, find, find_person, read};
use crate::account::edit::{self, Refused};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::commands::output::{Failure, Outcome, Output, failed, harmless};
use crate::login::identifier::{Problem, parse_email, parse_username};
use crate::store::db::Error;
use crate::store::people::user::Identifier;

/// What can be done about what a person signs in with.
#[derive(Clone, Debug, Subcommand)]
pub enum IdentifierCommand {
    /// Add an email address or a username
    Add {
        /// Email address, username or subject of the user
        user: String,
        /// What to add
        #[command(flatten)]
        new: NewIdentifiers,
    },
    /// Mark an email address as verified: you know that it belongs to the user
    Verify {
        /// Email address, username or subject of the user
        user: String,
        /// Email address to mark
        identifier: String,
    },
    /// Remove an email address or a username; links to set a password that were sent there stop working
    Remove {
        /// Email address, username or subject of the user
        user: String,
        /// Email address or username to remove
        identifier: String,
    },
}

/// New identifiers of a person.
#[derive(Args, Clone, Debug)]
pub struct NewIdentifiers {
    /// At least one
    #[command(flatten)]
    typed: Typed,
    /// The email address is verified: you know that it belongs to the user
    #[arg(long, requires = "email")]
    email_verified: bool,
}

/// The identifiers as they were typed.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = true)]
struct Typed {
    /// Email address
    #[arg(long)]
    email: Option<String>,
    /// Username
    #[arg(long)]
    username: Option<String>,
}

impl NewIdentifiers {
    /// The identifiers. An email address is not verified unless the operator says so: to type it proves nothing.
    pub fn parse(&self, now: Timestamp) -> Result<Vec<Identifier>, Failure> {
        let mut identifiers = Vec::new();
        if let Some(text) = &self.typed.username {
            let hint = if text.contains('@') { "; an email address is given with --email" } else { "" };
            let explain = |problem: Problem| format!("--username: {}{hint}", problem.explain(text));
            identifiers.push(parse_username(text).map_err(|problem| Failure::Usage(explain(problem)))?);
        }
        if let Some(text) = &self.typed.email {
            let hint = if text.contains('@') { "" } else { "; a username is given with --username" };
            let explain = |problem: Problem| format!("--email: {}{hint}", problem.explain(text));
            let parsed = parse_email(text, self.email_verified.then_some(now));
            identifiers.push(parsed.map_err(|problem| Failure::Usage(explain(problem)))?);
        }
        Ok(identifiers)
    }

    /// What was typed.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        [&self.typed.username, &self.typed.email].into_iter().flatten().map(String::as_str)
    }
}

/// Somebody else has an identifier.
pub(super) fn taken() -> Failure {
    Failure::Conflict("Another user has this email address or username, or one that looks like it.".to_owned())
}

/// Runs a command on the identifiers of a person.
pub(super) async fn command(app: &App, command: IdentifierCommand) -> Outcome {
    match command {
        IdentifierCommand::Add { user, new } => {
            let identifiers = new.parse(app.now())?;
            let user = find_person(app, &user).await?;
            let added = edit::add_identifiers(app, &user.id, identifiers).await.map_err(|error| match error {
                Error::Conflict => taken(),
                error => failed(error).into(),
            })?;
            added.map_err(|why| refused(why, ""))?;
            let shown = read(app, &user).await?;
            let names: Vec<_> = new.words().map(harmless).collect();
            Ok(told(format!("Added {} to {}.", names.join(" and "), shown.row.label()), &shown))
        }
        IdentifierCommand::Verify { user, identifier } => {
            let user = find(app, &user).await?;
            let verified = edit::verify_identifier(app, &user.id, &identifier).await.map_err(failed)?;
            let verified = verified.map_err(|why| refused(why, &identifier))?;
            let shown = read(app, &user).await?;
            let text = match verified {
                true => format!("Marked {} as verified.", harmless(&identifier)),
                false => format!("{} is verified already.", harmless(&identifier)),
            };
            Ok(told(text, &shown))
        }
        IdentifierCommand::Remove { user, identifier } => {
            let user = find(app, &user).await?;
            let removed = edit::remove_identifier(app, &user.id, &identifier).await.map_err(failed)?;
            removed.map_err(|why| refused(why, &identifier))?;
            let shown = read(app, &user).await?;
            Ok(told(format!("Removed {} from {}.", harmless(&identifier), shown.row.label()), &shown))
        }
    }
}

/// What was done, and the identifiers that there are now.
fn told(head: String, shown: &Shown) -> Output {
    let line = |one: &IdentifierRow| format!("  {} {}", one.kind, harmless(&one.value));
    let lines: Vec<_> = shown.identifiers.iter().map(line).collect();
    Output::new(format!("{head} The user signs in with:\n{}", lines.join("\n")), shown)
}

fn refused(why: Refused, identifier: &str) -> Failure {
    let shown = harmless(identifier);
    match why {
        Refused::Unknown(own) => Failure::NotFound(format!(
            "The user does not have {shown}, only: {}",
            own.iter().map(|one| harmless(one)).collect::<Vec<_>>().join(" ")
        )),
        Refused::HasAlready(had) => Failure::Conflict(format!(
            "The user has {} already, and nothing was added. To mark an email address as verified: latchkey user identifier verify",
            harmless(&had)
        )),
        Refused::Username => {
            Failure::Usage(format!("{shown} is a username. Only what can be proven is verified: an email address."))
        }
        Refused::Last => Failure::Conflict(format!(
            "{shown} is the only thing that the user can sign in with. Add another email address or username first."
        )),
    }
}
