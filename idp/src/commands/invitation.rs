//! `latchkey invitation`.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use crate::account::invitation::{self, Made, Wanted};
use crate::account::roles;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::language::Language;
use crate::commands::output::{Failure, Outcome, Output, failed, harmless, table};
use crate::commands::values::duration;
use crate::config::SignUpIdentifier;
use crate::login::identifier::{Problem, normalise, parse_email};
use crate::store::people::invitation::{Invitation, Use, list, uses};
use crate::store::people::user;

/// The shortest and the longest time that an invitation can work.
const LIFETIMES: (Duration, Duration) = (Duration::from_secs(10 * 60), Duration::from_secs(90 * 24 * 60 * 60));

/// How many invitations, and accounts that joined by them, are read.
const MOST: i64 = 10_000;

/// What can be done about invitations.
#[derive(Clone, Debug, Subcommand)]
pub enum InvitationCommand {
    /// Invite somebody: print a code and a link, or send them by letter
    Create(Create),
    /// List the invitations, and who has joined by each
    List,
    /// Revoke an invitation: its code works no more
    Revoke {
        /// Name of the invitation, as latchkey invitation list shows it
        invitation: String,
    },
}

/// What is invited to.
#[derive(Args, Clone, Debug)]
pub struct Create {
    /// Invite this address alone; where letters are sent, the link goes there and is not printed
    #[arg(long, value_name = "ADDRESS")]
    pub mail: Option<String>,
    /// How many accounts can be created with it
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "mail", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub uses: u32,
    /// How long it works, from 10m to 90d [default: login.invitation]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub valid: Option<Duration>,
    /// A role that comes with it; can be given several times
    #[arg(long, value_name = "ROLE", value_parser = roles::parse)]
    pub role: Vec<String>,
    /// Language of the letter, such as ru [default: pages.language]
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
}

/// An invitation as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct InvitationRow {
    /// Its name on the command line.
    pub invitation: String,
    /// `works`, `used up`, `expired` or `revoked`.
    pub state: &'static str,
    /// The address that it is for, if it is not for anybody.
    pub address: Option<String>,
    /// When it was sent there; RFC 3339 in JSON.
    pub mailed_at: Option<String>,
    /// How many accounts can be created with it.
    pub uses: i64,
    /// How many are left.
    pub uses_left: i64,
    /// The roles that come with it.
    pub roles: Vec<String>,
    /// Who has created it.
    pub created_by: Option<String>,
    /// When it was created; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub created_at: Timestamp,
    /// When it stops working; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub expires_at: Timestamp,
    /// The subjects of those who have joined by it, with the time; those who are gone are not named.
    pub joined: Vec<Joined>,
}

/// Who has joined by an invitation.
#[derive(Clone, Debug, Serialize)]
pub struct Joined {
    /// The subject.
    pub sub: String,
    /// The username or email address, if there is one.
    pub name: Option<String>,
    /// When; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub at: Timestamp,
}

impl InvitationRow {
    fn of(one: Invitation, used: &[Use], now: Timestamp) -> Self {
        let state = match (one.revoked_at, one.uses_left) {
            (Some(_), _) => "revoked",
            (None, ..=0) => "used up",
            (None, _) if one.expires_at <= now => "expired",
            (None, _) => "works",
        };
        let joined = used.iter().filter(|it| it.invitation_id == one.id);
        Self {
            invitation: one.id.handle(),
            state,
            joined: joined.map(|it| Joined { sub: it.sub.clone(), name: it.name.clone(), at: it.used_at }).collect(),
            mailed_at: one.mailed_at.map(|at| at.to_string()),
            address: one.address,
            uses: one.uses,
            uses_left: one.uses_left,
            roles: one.roles,
            created_by: one.created_by,
            created_at: one.created_at,
            expires_at: one.expires_at,
        }
    }
}

/// Runs a command on invitations.
pub(super) async fn command(app: &App, command: InvitationCommand) -> Outcome {
    match command {
        InvitationCommand::Create(wanted) => create(app, wanted).await,
        InvitationCommand::List => Ok(listed(&rows(app).await?)),
        InvitationCommand::Revoke { invitation } => revoke(app, &invitation).await,
    }
}

async fn create(app: &App, wanted: Create) -> Outcome {
    if !app.config.login.sign_up.is_offered() {
        let why =
            "Sign-up is closed, and an invitation would open nothing: set login.sign_up to \"invitation\" or \"open\".";
        return Err(Failure::Failed(why.to_owned()));
    }
    let lifetime = wanted.valid.unwrap_or(app.config.login.invitation);
    if !(LIFETIMES.0..=LIFETIMES.1).contains(&lifetime) {
        return Err(Failure::Usage("--valid: an invitation works for 10m to 90d.".to_owned()));
    }
    if wanted.mail.is_some() && app.config.login.sign_up_identifier == SignUpIdentifier::Username {
        let why = "--mail: people create an account with a username alone (login.sign_up_identifier), and nobody has the address.";
        return Err(Failure::Usage(why.to_owned()));
    }
    if wanted.language.is_some() && wanted.mail.is_none() {
        return Err(Failure::Usage("--language: only a letter has one; it needs --mail.".to_owned()));
    }
    let language = wanted.language.as_deref().map(|tag| language(app, tag)).transpose()?;
    let parse = |text: &String| {
        let explain = |problem: Problem| Failure::Usage(format!("--mail: {}", problem.explain(text)));
        parse_email(text, None).map(|address| address.as_written).map_err(explain)
    };
    let address = wanted.mail.as_ref().map(parse).transpose()?;
    if let Some(address) = &address {
        refuse_who_is_there(app, address).await?;
    }
    let mut roles = wanted.role;
    roles.sort();
    roles.dedup();
    let invited = Wanted { address: address.clone(), uses: wanted.uses.into(), lifetime, roles, language };
    let Made { id, shown, expires_at } = invitation::make(app, invited).await.map_err(failed)?;
    let recipient = address.as_deref().map_or("whoever has the code".to_owned(), harmless);
    let way = match &shown {
        Some((code, url)) => format!(
            "Created invitation {} for {recipient}. It works until {expires_at} and is not shown again:\n\n  code  {code}\n  link  {url}",
            id.handle()
        ),
        None => format!(
            "Created invitation {}, which the running server sends to {recipient}. It works until {expires_at}.",
            id.handle()
        ),
    };
    let mut data = json!({ "invitation": id.handle(), "address": address, "expires_at": expires_at.to_string() });
    if let Some((code, url)) = shown {
        data["code"] = code.into();
        data["link"] = url.into();
    }
    Ok(Output::new(way, &data))
}

/// The language of the pages with a tag.
fn language(app: &App, tag: &str) -> Result<Language, Failure> {
    let site = app.site.get();
    site.languages().lookup(tag).ok_or_else(|| {
        let known: Vec<_> = site.languages().all().map(Language::tag).collect();
        Failure::Usage(format!("--language: there are pages in {}, not in {}.", known.join(", "), harmless(tag)))
    })
}

/// An invitation makes an account, and does nothing for who has one.
async fn refuse_who_is_there(app: &App, address: &str) -> Result<(), Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    let found = user::find_by_identifier(&mut conn, &normalise(address)).await.map_err(failed)?;
    match found {
        None => Ok(()),
        Some(_) => Err(Failure::Conflict(format!(
            "{0} has an account already, and an invitation makes one. Roles are given by latchkey user role add {0}",
            harmless(address)
        ))),
    }
}

async fn revoke(app: &App, name: &str) -> Outcome {
    let all = list(&mut *app.db.read().await.map_err(failed)?, MOST).await.map_err(failed)?;
    let Some(found) = all.into_iter().find(|one| one.id.handle() == name) else {
        return Err(Failure::NotFound(format!("There is no invitation {}.", harmless(name))));
    };
    let revoked = invitation::revoke(app, &found.id).await.map_err(failed)?;
    let text = match revoked {
        true => format!("Revoked invitation {name}. Who has joined by it stays."),
        false => format!("Invitation {name} did not work any more."),
    };
    Ok(Output::new(text, &json!({ "invitation": name, "revoked": revoked })))
}

async fn rows(app: &App) -> Result<Vec<InvitationRow>, Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    let (all, used) = (list(&mut conn, MOST).await.map_err(failed)?, uses(&mut conn, MOST).await.map_err(failed)?);
    Ok(all.into_iter().map(|one| InvitationRow::of(one, &used, app.now())).collect())
}

/// How many of those who have joined are named in the table; JSON has all.
const NAMED: usize = 3;

/// Who has joined, in one cell.
fn joined(all: &[Joined]) -> String {
    let named = all.iter().take(NAMED).map(|one| harmless(one.name.as_deref().unwrap_or(&one.sub)));
    let more = all.len().saturating_sub(NAMED);
    let rest = (more > 0).then(|| format!("and {more} more"));
    named.chain(rest).collect::<Vec<_>>().join(" ")
}

/// The answer to `invitation list`.
pub fn listed(rows: &[InvitationRow]) -> Output {
    let line = |one: &InvitationRow| {
        let address = one.address.as_deref().map_or("anybody".to_owned(), harmless);
        let used = format!("{} of {}", one.uses - one.uses_left, one.uses);
        let roles = harmless(&one.roles.join(" "));
        let joined = joined(&one.joined);
        [one.invitation.clone(), one.state.to_owned(), address, used, joined, roles, one.expires_at.to_string()]
    };
    let lines: Vec<_> = rows.iter().map(line).collect();
    let head = ["INVITATION", "STATE", "FOR", "USED", "JOINED", "ROLES", "UNTIL"];
    Output::new(table(head, &lines, "There are no invitations."), &rows)
}
