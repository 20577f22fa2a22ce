//! `latchkey user passkey`.

use std::io::{Read, stdin};

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use super::row::{find, find_person, not_found, read};
use crate::account::passkey_provider;
use crate::account::passkeys::{self, Imported as Added, MOST, Removed};
use crate::app::App;
use crate::base::id::Id;
use crate::commands::output::{Failure, Outcome, Output, failed, harmless, table};
use crate::login::passkey::imported::Imported;
use crate::store::people::passkey::{self, Backup, Passkey};

/// The most that is read of standard input, in bytes: more than any passkey has.
const LONGEST: u64 = 64 * 1024;

/// What can be done about the passkeys of a person.
#[derive(Clone, Debug, Subcommand)]
pub enum PasskeyCommand {
    /// List the passkeys of a user
    List {
        /// Email address, username or subject of the user
        user: String,
    },
    /// Add a passkey that another system has registered: JSON on standard input
    ///
    /// The members are credential_id and public_key (a COSE key or a SubjectPublicKeyInfo), both in base64url, and if they are known
    /// counter, backup_eligible, backed_up, aaguid, name, rp_id, user_handle and transports. The passkey must belong to the domain of
    /// passkeys here (passkeys.rp_id). It is found by its credential_id, whatever user handle it carries.
    Add {
        /// Email address, username or subject of the user
        user: String,
        /// Send no letter about it, as when many accounts move here
        #[arg(long)]
        no_letter: bool,
    },
    /// Remove a passkey of a user
    Remove {
        /// Email address, username or subject of the user
        user: String,
        /// Short name of the passkey, as listed
        passkey: String,
    },
}

/// A passkey as it is listed.
#[derive(Clone, Debug, Serialize)]
struct PasskeyRow {
    /// The short name.
    passkey: String,
    /// The identifier of the credential, in base64url.
    credential_id: String,
    /// What its person calls it.
    name: Option<String>,
    /// Who made it, if that is known.
    provider: Option<&'static str>,
    /// Whether it can be on several devices, if that is known.
    synced: Option<bool>,
    /// Whether a browser made it by itself.
    automatic: bool,
    /// When it was added.
    created_at: String,
    /// When it was last used.
    last_used_at: Option<String>,
}

impl From<&Passkey> for PasskeyRow {
    fn from(one: &Passkey) -> Self {
        Self {
            passkey: one.id.handle(),
            credential_id: one.credential_id.clone(),
            name: one.name.clone(),
            provider: one.aaguid.as_deref().and_then(passkey_provider::name),
            synced: match one.backup {
                Backup::Unknown => None,
                Backup::Bound => Some(false),
                Backup::Eligible | Backup::Synced => Some(true),
            },
            automatic: one.automatic_at.is_some(),
            created_at: one.created_at.to_string(),
            last_used_at: one.last_used_at.map(|at| at.to_string()),
        }
    }
}

/// Runs a command on the passkeys of a person.
pub(super) async fn command(app: &App, command: PasskeyCommand) -> Outcome {
    match command {
        PasskeyCommand::List { user } => {
            let user = find(app, &user).await?;
            let rows: Vec<_> = of_user(app, &user.id).await?.iter().map(PasskeyRow::from).collect();
            Ok(list(&rows, &format!("{} has no passkey.", read(app, &user).await?.row.label())))
        }
        PasskeyCommand::Add { user, no_letter } => add(app, &user, &typed(stdin().lock())?, !no_letter).await,
        PasskeyCommand::Remove { user, passkey } => remove(app, &user, &passkey).await,
    }
}

/// What standard input holds.
fn typed(input: impl Read) -> Result<String, Failure> {
    let mut text = String::new();
    let read = input.take(LONGEST + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::Failed(format!("The passkey cannot be read: {error}")))?;
    if text.len() as u64 > LONGEST {
        return Err(Failure::Usage(format!("A passkey has at most {LONGEST} bytes; give them one by one.")));
    }
    Ok(text)
}

async fn add(app: &App, name: &str, json: &str, tells: bool) -> Outcome {
    let imported = Imported::read(json).map_err(Failure::Usage)?;
    let user = find_person(app, name).await?;
    let new = imported.passkey(app, &user.id).map_err(Failure::Usage)?;
    let row = PasskeyRow::from(&new);
    let label = read(app, &user).await?.row.label();
    match passkeys::import(app, new, imported.name(), tells).await.map_err(failed)? {
        Added::Done => {
            let text = format!("Added passkey {} to {label}. It can be used to sign in.", row.passkey);
            Ok(Output::new(text, &json!({ "passkey": row.passkey, "credential_id": row.credential_id })))
        }
        Added::Taken => {
            Err(Failure::Conflict("A user has this passkey already, perhaps this one. Nothing was added.".to_owned()))
        }
        Added::TooMany => Err(Failure::Conflict(format!("{label} has {MOST} passkeys already. Nothing was added."))),
        Added::NoUser => Err(not_found(name)),
    }
}

async fn remove(app: &App, name: &str, handle: &str) -> Outcome {
    let user = find(app, name).await?;
    let label = read(app, &user).await?.row.label();
    let there = of_user(app, &user.id).await?;
    let unknown = || {
        let others: Vec<_> = there.iter().map(|one| one.id.handle()).collect();
        let others = if others.is_empty() { "none".to_owned() } else { others.join(" ") };
        Failure::NotFound(format!("No passkey {} found. The user has: {others}", harmless(handle)))
    };
    let found = there.iter().find(|one| one.id.handle() == handle).ok_or_else(unknown)?;
    match passkeys::remove_of(app, &user.id, &found.id).await.map_err(failed)? {
        Removed::Done => {
            Ok(Output::new(format!("Removed passkey {handle} of {label}."), &json!({ "removed": handle })))
        }
        Removed::NotThere => Err(unknown()),
        Removed::Last(_) => Err(Failure::Conflict(format!(
            "Passkey {handle} is the only way in for {label}, who has no password. Let them set one first: latchkey user set-password"
        ))),
    }
}

async fn of_user(app: &App, user: &Id) -> Result<Vec<Passkey>, Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    Ok(passkey::of_user(&mut conn, user).await.map_err(failed)?)
}

fn list(rows: &[PasskeyRow], none: &str) -> Output {
    let row = |one: &PasskeyRow| {
        let name = one.name.as_deref().map(harmless).unwrap_or_default();
        let provider = one.provider.unwrap_or_default().to_owned();
        let devices = match one.synced {
            None => "",
            Some(true) => "several",
            Some(false) => "one",
        };
        let used = one.last_used_at.clone().unwrap_or_default();
        [one.passkey.clone(), name, provider, devices.to_owned(), one.created_at.clone(), used]
    };
    let cells: Vec<_> = rows.iter().map(row).collect();
    Output::new(table(["PASSKEY", "NAME", "PROVIDER", "DEVICES", "ADDED", "LAST USED"], &cells, none), &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_a_passkey_is_refused() {
        assert_eq!(typed(&b"{}"[..]).unwrap(), "{}");
        let long = vec![b' '; 64 * 1024 + 1];
        assert!(matches!(typed(&long[..]), Err(Failure::Usage(_))));
        assert_eq!(typed(&long[1..]).unwrap().len(), 64 * 1024);
        assert!(matches!(typed(&b"\xff"[..]), Err(Failure::Failed(_))));
    }
}
