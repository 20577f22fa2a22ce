//! `latchkey user`.

mod identifier;
mod passkey;
mod profile;
mod role;
mod row;
mod sessions;

use std::io::{BufRead, stdin};

use clap::{Args, Subcommand};
use serde_json::{Map, json};

pub use identifier::{IdentifierCommand, NewIdentifiers};
pub use passkey::PasskeyCommand;
pub use profile::Profile;
pub use role::RoleCommand;
pub use row::UserRow;
use row::last_administrator;
pub(super) use row::{find, label};
pub use sessions::SessionsCommand;

use crate::account::delete::{self, Outcome as Change};
use crate::account::edit;
use crate::account::factors;
use crate::account::own_words::OwnWords;
use crate::account::password;
use crate::account::password_link;
use crate::account::password_rules::{self, Problem};
use crate::account::profile::Claim;
use crate::account::users::{self, NewUser};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::secret::Secret;
use crate::commands::output::{Failure, Outcome, Output, failed, harmless};
use crate::login;
use crate::login::identifier::normalise;
use crate::store;
use crate::store::clients::consent;
use crate::store::people::user::{self, Entry, User};

/// What can be done about people.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user; without a password, print a link to set one
    Add(Box<AddUser>),
    /// Change the profile of a user; what is not given stays as it is
    Edit(Box<EditUser>),
    /// List users, in the order in which they were added
    List(ListUsers),
    /// Show a user: identifiers, profile, roles, accepted terms, sessions, and whether sign-in is throttled
    Show(Who),
    /// Manage the email addresses and usernames that a user signs in with
    #[command(subcommand)]
    Identifier(IdentifierCommand),
    /// Give roles to a user, and take them away
    #[command(subcommand)]
    Role(RoleCommand),
    /// Manage the passkeys of a user
    #[command(subcommand)]
    Passkey(PasskeyCommand),
    /// Manage where a user is signed in
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Let a user try to sign in again at once, after too many failures
    Unlock(Who),
    /// Remove the authenticator app, recovery codes and passkeys of a user who has lost them, and end all sessions
    ResetFactors(Who),
    /// Disable a user and end all sessions
    Disable {
        /// The user
        #[command(flatten)]
        who: Who,
        /// Disable even the last administrator who can sign in
        #[arg(long)]
        last_administrator: bool,
    },
    /// Enable a user who is disabled
    Enable(Who),
    /// Delete a user and everything that belongs to them
    Delete {
        /// The user
        #[command(flatten)]
        who: Who,
        /// Delete; without it, only tell what would be deleted
        #[arg(long)]
        yes: bool,
        /// Delete even the last administrator who can sign in
        #[arg(long)]
        last_administrator: bool,
    },
    /// Set a user's password, or print a link to set one
    SetPassword {
        /// Whose password
        #[command(flatten)]
        who: Who,
        /// Where the password comes from
        #[command(flatten)]
        password: PasswordSource,
    },
}

/// A person to add.
#[derive(Args, Clone, Debug)]
pub struct AddUser {
    /// What they sign in with
    #[command(flatten)]
    pub identifiers: NewIdentifiers,
    /// Their profile
    #[command(flatten)]
    pub profile: Profile,
    /// Where the password comes from
    #[command(flatten)]
    pub password: PasswordSource,
}

/// What is to change of a person.
#[derive(Args, Clone, Debug)]
pub struct EditUser {
    /// The user
    #[command(flatten)]
    pub who: Who,
    /// Their profile
    #[command(flatten)]
    pub profile: Profile,
    /// Remove what an option has set; can be given several times
    #[arg(long, value_name = "OPTION", value_parser = profile::unsettable())]
    pub unset: Vec<Claim>,
}

/// Which people to list.
#[derive(Args, Clone, Debug)]
pub struct ListUsers {
    /// List only users whose email address, username, name or subject contains this text
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// List only visitors: anonymous accounts, which nobody can sign in to
    #[arg(long)]
    pub anonymous: bool,
    /// List at most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// List those after this one: the subject with which the page before ended
    #[arg(long, value_name = "SUBJECT")]
    pub after: Option<String>,
}

/// Which person.
#[derive(Args, Clone, Debug)]
pub struct Who {
    /// Email address, username or subject
    #[arg(value_name = "USER")]
    pub user: String,
}

/// Where a password comes from.
#[derive(Args, Clone, Debug)]
pub struct PasswordSource {
    /// Only `-`: read the password from standard input. Arguments can be seen by everyone on the machine
    #[arg(long, value_name = "-", allow_hyphen_values = true, value_parser = dash)]
    password: Option<String>,
}

fn dash(text: &str) -> Result<String, &'static str> {
    if text == "-" { Ok(text.to_owned()) } else { Err("write `-` here and the password to standard input") }
}

impl PasswordSource {
    /// Reads the password, if one was asked for: the first line.
    pub fn read(&self, mut input: impl BufRead) -> Result<Option<Secret>, Failure> {
        if self.password.is_none() {
            return Ok(None);
        }
        let mut line = zeroize::Zeroizing::new(String::new());
        let read = std::io::Read::take(&mut input, 4096).read_line(&mut line);
        read.map_err(|error| Failure::Failed(format!("The password cannot be read: {error}")))?;
        match line.trim_end_matches(['\r', '\n']) {
            "" => Err(Failure::Usage("Standard input has no password.".to_owned())),
            password => Ok(Some(password.into())),
        }
    }
}

/// A link that works once, with its expiry.
#[derive(Clone, Debug)]
pub struct Link {
    /// The whole URL.
    pub url: Secret,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The output of `user add`, with the link to set a password.
pub fn added(user: &UserRow, link: Option<&Link>) -> Output {
    with_link(format!("Added {} (subject {}).", user.label(), harmless(&user.sub)), user, link)
}

/// The answer to `user set-password`.
pub fn password_set(user: &UserRow, link: Option<&Link>) -> Output {
    let head = match link {
        None => format!("Set the password of {} and ended all sessions.", user.label()),
        Some(_) => format!("{} can set a new password.", user.label()),
    };
    with_link(head, user, link)
}

fn with_link(head: String, user: &UserRow, link: Option<&Link>) -> Output {
    let mut output = Output::new(head, user);
    if let Some(Link { url, expires_at }) = link {
        let url = url.expose();
        let way = format!("\n\nThis link works once, until {expires_at}, and is not shown again:\n\n  {url}");
        output.text.push_str(&way);
        if let Some(json) = output.json.as_object_mut() {
            json.insert("link".to_owned(), json!({ "url": url, "expires_at": expires_at.to_string() }));
        }
    }
    output
}

/// Runs a command on people.
pub(super) async fn command(app: &App, command: UserCommand) -> Outcome {
    match command {
        UserCommand::Add(new) => add(app, &new).await,
        UserCommand::Edit(edit) => change(app, &edit).await,
        UserCommand::List(which) => list(app, &which).await,
        UserCommand::Show(who) => {
            let user = find(app, &who.user).await?;
            Ok(row::show(&row::read(app, &user).await?))
        }
        UserCommand::Identifier(command) => identifier::command(app, command).await,
        UserCommand::Role(command) => role::command(app, command).await,
        UserCommand::Passkey(command) => passkey::command(app, command).await,
        UserCommand::Sessions(command) => sessions::command(app, command).await,
        UserCommand::Unlock(who) => {
            let user = find(app, &who.user).await?;
            let unlocked = login::password::unlock(app, &user.id).await.map_err(failed)?;
            let shown = row::read(app, &user).await?;
            let text = match unlocked {
                true => format!("Unlocked {}: earlier failures no longer count.", shown.row.label()),
                false => format!("There were no failures to forget for {}.", shown.row.label()),
            };
            Ok(Output::new(text, &shown))
        }
        UserCommand::ResetFactors(who) => {
            let user = find(app, &who.user).await?;
            let reset = factors::reset(app, &user.id).await.map_err(failed)?;
            let shown = row::read(app, &user).await?;
            Ok(Output::new(told_of_reset(reset, &shown.row), &shown))
        }
        UserCommand::Disable { who, last_administrator } => disable(app, &who, last_administrator).await,
        UserCommand::Enable(who) => {
            let user = find(app, &who.user).await?;
            let enabled = users::enable(app, &user.id).await.map_err(failed)?;
            let row = row::read(app, &user).await?.row;
            let text = if enabled {
                format!("Enabled {}.", row.label())
            } else {
                format!("{} is enabled already.", row.label())
            };
            Ok(Output::new(text, &row))
        }
        UserCommand::Delete { who, yes, last_administrator } => delete(app, &who, yes, last_administrator).await,
        UserCommand::SetPassword { who, password } => {
            let password = password.read(stdin().lock())?;
            let user = row::find_person(app, &who.user).await?;
            let link = match password {
                Some(password) => {
                    let own = OwnWords::of_user(app, &user.id).await.map_err(failed)?;
                    check_password(app, &password, own).await?;
                    password::set(app, &user.id, &password).await.map_err(failed)?;
                    None
                }
                None => Some(link_for(app, &user).await?),
            };
            Ok(password_set(&row::read(app, &user).await?.row, link.as_ref()))
        }
    }
}

async fn add(app: &App, add: &AddUser) -> Outcome {
    let password = add.password.read(stdin().lock())?;
    let identifiers = add.identifiers.parse(app.now())?;
    let claims = add.profile.claims()?;
    let mut profile = Map::new();
    for (claim, value) in &claims {
        claim.put(&mut profile, value.as_deref());
    }
    if let Some(password) = &password {
        let own = OwnWords::of_provider(app).and_person(&profile, &identifiers);
        check_password(app, password, own).await?;
    }
    let has_password = password.is_some();
    let new = NewUser { sub: None, profile, identifiers, password, roles: Vec::new() };
    let user = users::add(app, new).await.map_err(|error| match error {
        login::Error::Store(store::db::Error::Conflict) => identifier::taken(),
        error => failed(error).into(),
    })?;
    let link = if has_password { None } else { Some(link_for(app, &user).await?) };
    Ok(added(&row::read(app, &user).await?.row, link.as_ref()))
}

async fn change(app: &App, wanted: &EditUser) -> Outcome {
    let given = wanted.profile.claims()?;
    let claims: Vec<_> = wanted.unset.iter().map(|claim| (*claim, None)).chain(given).collect();
    if claims.is_empty() {
        let why = "Nothing to change: give at least one option. They are listed by latchkey user edit --help; email addresses \
                   and usernames are changed by latchkey user identifier";
        return Err(Failure::Usage(why.to_owned()));
    }
    let user = find(app, &wanted.who.user).await?;
    let changed = edit::set_profile(app, &user.id, claims).await.map_err(failed)?;
    let shown = row::read(app, &user).await?;
    let mut output = row::show(&shown);
    let label = shown.row.label();
    let head = match changed {
        true => format!("Changed {label}."),
        false => format!("Nothing to change: {label} has this profile already."),
    };
    output.text = format!("{head}\n\n{}", output.text);
    Ok(output)
}

/// How many users are read at once.
const BATCH: i64 = 500;

async fn list(app: &App, which: &ListUsers) -> Outcome {
    let limit = usize::from(which.limit);
    let after = match &which.after {
        Some(sub) => {
            let found = user::find_by_sub(&mut *app.db.read().await.map_err(failed)?, sub).await.map_err(failed)?;
            Some(
                found
                    .ok_or_else(|| Failure::NotFound(format!("--after: no user has the subject {}", harmless(sub))))?
                    .id,
            )
        }
        None => None,
    };
    let mut page = row::Page { users: Vec::new(), total: 0, next: None };
    let mut more = false;
    let mut take = |entry: Entry, page: &mut row::Page| {
        if page.users.len() < limit {
            page.users.push(UserRow::new(entry));
        } else {
            more = true;
        }
    };
    let wanted = which.search.as_deref().map(Search::new);
    match &wanted {
        None if !which.anonymous => {
            let mut conn = app.db.read().await.map_err(failed)?;
            page.total = user::count(&mut conn).await.map_err(failed)?.unsigned_abs();
            let entries = user::entries(&mut conn, after.as_ref(), i64::from(which.limit) + 1).await.map_err(failed)?;
            entries.into_iter().for_each(|entry| take(entry, &mut page));
        }
        _ => {
            // Every row is read: how many match is known only then, and the two databases fold letters differently.
            let fits = |entry: &Entry| {
                (!which.anonymous || UserRow::is_anonymous(entry)) && wanted.as_ref().is_none_or(|it| it.fits(entry))
            };
            let mut last = None;
            loop {
                let mut conn = app.db.read().await.map_err(failed)?;
                let entries = user::entries(&mut conn, last.as_ref(), BATCH).await.map_err(failed)?;
                drop(conn);
                let Some(end) = entries.last() else { break };
                last = Some(end.user.id.clone());
                for entry in entries.into_iter().filter(fits) {
                    page.total += 1;
                    if after.as_ref().is_none_or(|after| entry.user.id > *after) {
                        take(entry, &mut page);
                    }
                }
            }
        }
    }
    page.next = page.users.last().filter(|_| more).map(|last| last.sub.clone());
    let none = match (&which.search, which.anonymous) {
        (Some(search), _) => Some(format!("No users match {search:?}.")),
        (None, true) => Some("There are no visitors.".to_owned()),
        (None, false) => None,
    };
    Ok(row::list(&page, none))
}

/// A text to search users for.
struct Search {
    /// As it is compared with identifiers.
    normalised: String,
    /// As it is compared with names.
    lower: String,
}

impl Search {
    fn new(text: &str) -> Self {
        Self { normalised: normalise(text), lower: text.trim().to_lowercase() }
    }

    /// Whether a user's subject, name or one of the identifiers contains the text.
    fn fits(&self, entry: &Entry) -> bool {
        let name = entry.user.profile.get("name").and_then(|name| name.as_str()).unwrap_or_default();
        entry.identifiers.iter().any(|one| one.normalised.contains(&self.normalised))
            || name.to_lowercase().contains(&self.lower)
            || entry.user.sub.to_lowercase().contains(&self.lower)
    }
}

/// What a reset has removed, and how its person gets in again.
fn told_of_reset(gone: factors::Gone, row: &row::UserRow) -> String {
    let label = row.label();
    let parts = [
        (gone.app, "the authenticator app"),
        (gone.codes, "the recovery codes"),
        (gone.passkeys, "the passkeys"),
        (gone.links, "the accounts elsewhere that were linked lately"),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(is_gone, _)| *is_gone).map(|(_, part)| part).collect();
    let what = match &parts[..] {
        [] => return format!("{label} has no second factor and no recovery codes."),
        [one] => (*one).to_owned(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    };
    // A passkey was the only way in, or a recovery code the only one back.
    let advice = if !row.has_password {
        format!(" There is no password: latchkey user set-password {label} prints a link to set one.")
    } else if gone.codes && row.email.is_none() {
        format!(
            " There is no email address: if the password is forgotten, latchkey user set-password {label} prints a link to set \
             one, until new recovery codes are made on the account page."
        )
    } else {
        String::new()
    };
    format!("Removed {what} of {label}, and ended all sessions.{advice}")
}

async fn disable(app: &App, who: &Who, even_last: bool) -> Outcome {
    let user = find(app, &who.user).await?;
    let outcome = delete::disable(app, &user.id, even_last).await.map_err(failed)?;
    let row = row::read(app, &user).await?.row;
    let text = match outcome {
        Change::Done => format!("Disabled {} and ended all sessions.", row.label()),
        Change::Unchanged => format!("{} is disabled already.", row.label()),
        Change::LastAdministrator => return Err(last_administrator(&row.label())),
    };
    Ok(Output::new(text, &row))
}

async fn delete(app: &App, who: &Who, yes: bool, even_last: bool) -> Outcome {
    let user = find(app, &who.user).await?;
    let shown = row::read(app, &user).await?;
    let label = shown.row.label();
    if !yes {
        let mut conn = app.db.read().await.map_err(failed)?;
        let applications = consent::applications(&mut conn, &user.id, app.now()).await.map_err(failed)?.len();
        let identifiers: Vec<_> = shown.identifiers.iter().map(|one| harmless(&one.value)).collect();
        let roles =
            if shown.roles.is_empty() { String::new() } else { format!("\n  roles: {}", shown.roles.join(" ")) };
        return Err(Failure::Usage(format!(
            "To delete {label} for good, add --yes. These would be deleted, too:\n  identifiers: {}\n  profile, password and \
             known devices{roles}\n  sessions: {}\n  applications with access: {applications}\nApplications know the user by \
             the subject {}, which nobody gets again.",
            identifiers.join(" "),
            shown.sessions,
            harmless(&shown.row.sub)
        )));
    }
    match delete::delete(app, &user.id, even_last).await {
        Ok(Change::Done) => {}
        Ok(Change::Unchanged) => return Err(row::not_found(&who.user)),
        Ok(Change::LastAdministrator) => return Err(last_administrator(&label)),
        Err(store::db::Error::Conflict) => {
            return Err(Failure::Conflict(format!(
                "{label} was enabled again during the deletion. The account stays; its sessions have ended."
            )));
        }
        Err(error) => return Err(failed(error).into()),
    }
    let text = format!("Deleted {label} (subject {}) and everything that belonged to them.", harmless(&shown.row.sub));
    Ok(Output::new(text, &json!({ "sub": shown.row.sub, "deleted": true })))
}

async fn check_password(app: &App, password: &Secret, own: OwnWords) -> Result<(), Failure> {
    let least = app.config.login.password_min_length;
    let checked = password_rules::check(&app.hashing, password, own, least).await;
    checked.map_err(|busy| failed(login::Error::from(busy)))?.map_err(|problem| {
        Failure::Usage(match problem {
            Problem::TooShort => format!("The password is too short: it needs {least} characters."),
            Problem::TooLong => "The password is longer than 1024 bytes.".to_owned(),
            Problem::OwnWords => "The password is made of the names of the user or of this provider.".to_owned(),
            Problem::Stolen => {
                "The password, or one that differs little from it, appears in collections of stolen passwords."
                    .to_owned()
            }
            Problem::Guessable => "The password is too easy to guess.".to_owned(),
        })
    })
}

async fn link_for(app: &App, user: &User) -> Result<Link, Failure> {
    let lifetime = app.config.login.invitation;
    let url = password_link::make(app, &user.id, lifetime).await.map_err(failed)?;
    Ok(Link { url: url.into(), expires_at: app.now() + lifetime })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_reads_the_first_line_of_standard_input() {
        let dash = PasswordSource { password: Some("-".to_owned()) };
        let read = |input: &str| dash.read(input.as_bytes());
        assert_eq!(read(" correct horse \r\nnext").unwrap().unwrap().expose(), " correct horse ");
        assert!(matches!(read("\n"), Err(Failure::Usage(_))));
        assert!(matches!(read(""), Err(Failure::Usage(_))));
        assert!(PasswordSource { password: None }.read("x".as_bytes()).unwrap().is_none());
    }

    #[test]
    fn a_link_is_told_in_both_forms() {
        let link =
            Link { url: "https://id.example.com/set-password?token=t".into(), expires_at: Timestamp::from_seconds(60) };
        let output = added(&row::sample(), Some(&link));
        assert!(output.text.contains("until 1970-01-01T00:01:00Z"));
        assert!(output.text.ends_with("  https://id.example.com/set-password?token=t"));
        assert_eq!(output.json["link"]["url"], "https://id.example.com/set-password?token=t");
        assert_eq!(added(&row::sample(), None).json.get("link"), None);
    }
}
