//! `latchkey user`.

use crate::account::identifier;
use crate::account::password_rules::{self, Problem};
use crate::account::users::{self, NewUser};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::secret::Secret;
use crate::commands::output::{Failure, Outcome, Output, details, failed, harmless, table};
use crate::login;
use crate::store::people::user::User;
use crate::store::people::{password, user};
use crate::store::{self};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Map;
use serde_json::json;
use std::io::BufRead;
use std::io::stdin;

/// What can be done about people.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a person; without a password, print a link by which they set one
    Add(AddUser),
    /// List all people
    List,
    /// Show one person
    Show(Who),
    /// Shut a person out, and end all their sessions
    Disable(Who),
    /// Let a person in again
    Enable(Who),
    /// Set a person's password, or print a link by which they set one
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
#[group(id = "identifier", required = true, multiple = true, args = ["email", "username"])]
pub struct AddUser {
    /// Their mail address
    #[arg(long)]
    pub email: Option<String>,
    /// Their user name
    #[arg(long)]
    pub username: Option<String>,
    /// Their name, as people call them
    #[arg(long)]
    pub name: Option<String>,
    /// Where the password comes from
    #[command(flatten)]
    pub password: PasswordSource,
}

/// Which person.
#[derive(Args, Clone, Debug)]
pub struct Who {
    /// Their mail address, user name or subject
    #[arg(value_name = "USER")]
    pub user: String,
}

/// Where a password comes from.
#[derive(Args, Clone, Debug)]
pub struct PasswordSource {
    /// Only `-`: read it from standard input. Arguments can be seen by everyone on the machine
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

/// A person as they are listed and shown.
#[derive(Clone, Debug, Serialize)]
pub struct UserRow {
    /// The subject that clients know.
    pub sub: String,
    /// The user name.
    pub username: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// Whether the mail address is verified.
    pub email_verified: bool,
    /// The name.
    pub name: Option<String>,
    /// Whether a password is set.
    pub has_password: bool,
    /// Whether they are disabled.
    pub disabled: bool,
    /// When the account was made; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub created_at: Timestamp,
}

/// A link that works once, with its expiry.
#[derive(Clone, Debug)]
pub struct Link {
    /// The whole URL.
    pub url: Secret,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl UserRow {
    /// The name or identifier by which the person is known.
    fn label(&self) -> &str {
        self.username.as_deref().or(self.email.as_deref()).unwrap_or(&self.sub)
    }
}

/// The output of `user add`, with the link to set a password.
pub fn added(user: &UserRow, link: Option<&Link>) -> Output {
    with_link(format!("Added {} (subject {}).", harmless(user.label()), harmless(&user.sub)), user, link)
}

/// The answer to `user set-password`.
pub fn password_set(user: &UserRow, link: Option<&Link>) -> Output {
    let head = match link {
        None => format!("Set the password of {} and ended all sessions.", harmless(user.label())),
        Some(_) => format!("{} can set a new password.", harmless(user.label())),
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

/// The answer to `user disable`.
pub fn disabled(user: &UserRow) -> Output {
    Output::new(format!("Shut out {} and ended all sessions.", harmless(user.label())), user)
}

/// The answer to `user enable`.
pub fn enabled(user: &UserRow) -> Output {
    Output::new(format!("Let in {} again.", harmless(user.label())), user)
}

/// The answer to `user list`.
pub fn list(users: &[UserRow]) -> Output {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let row = |user: &UserRow| {
        let state = if user.disabled { "disabled" } else { "" };
        [user.sub.clone(), text(&user.username), text(&user.email), text(&user.name), state.to_owned()]
    };
    let rows: Vec<_> = users.iter().map(row).collect();
    let none = "There is nobody. Add somebody: latchkey user add --email alice@example.com";
    Output::new(table(["SUBJECT", "USER NAME", "MAIL", "NAME", ""], &rows, none), &users)
}

/// The answer to `user show`.
pub fn show(user: &UserRow) -> Output {
    let verified = |email: &String| if user.email_verified { email.clone() } else { format!("{email} (not verified)") };
    let text = details(&[
        ("subject", user.sub.clone()),
        ("user name", user.username.clone().unwrap_or_default()),
        ("mail", user.email.as_ref().map(verified).unwrap_or_default()),
        ("name", user.name.clone().unwrap_or_default()),
        ("password", if user.has_password { "set" } else { "not set" }.to_owned()),
        ("disabled", crate::commands::output::yes_no(user.disabled)),
        ("created", user.created_at.to_string()),
    ]);
    Output::new(text, user)
}

/// There is no such person.
pub fn not_found(user: &str) -> Failure {
    Failure::NotFound(format!("There is nobody with the mail address, user name or subject {}.", harmless(user)))
}

/// Runs a command on people.
pub(super) async fn command(app: &App, command: UserCommand) -> Outcome {
    match command {
        UserCommand::Add(add) => add_user(app, &add).await,
        UserCommand::List => {
            let mut rows = Vec::new();
            let mut after = None;
            loop {
                let page = user::list(&mut *app.db.read().await.map_err(failed)?, after.as_ref(), 500).await;
                let page = page.map_err(failed)?;
                let Some(last) = page.last() else { break };
                after = Some(last.id.clone());
                for user in &page {
                    rows.push(user_row(app, user).await?);
                }
            }
            Ok(list(&rows))
        }
        UserCommand::Show(who) => {
            let user = find_user(app, &who.user).await?;
            Ok(show(&user_row(app, &user).await?))
        }
        UserCommand::Disable(who) => {
            let user = find_user(app, &who.user).await?;
            users::set_disabled(app, &user.id, true).await.map_err(failed)?;
            Ok(disabled(&user_row(app, &find_user(app, &who.user).await?).await?))
        }
        UserCommand::Enable(who) => {
            let user = find_user(app, &who.user).await?;
            users::set_disabled(app, &user.id, false).await.map_err(failed)?;
            Ok(enabled(&user_row(app, &find_user(app, &who.user).await?).await?))
        }
        UserCommand::SetPassword { who, password } => {
            let password = password.read(stdin().lock())?;
            let user = find_user(app, &who.user).await?;
            let link = match password {
                Some(password) => {
                    check_password(app, &password, &[&who.user]).await?;
                    users::set_password(app, &user.id, &password).await.map_err(failed)?;
                    None
                }
                None => Some(link_for(app, &user).await?),
            };
            Ok(password_set(&user_row(app, &user).await?, link.as_ref()))
        }
    }
}

async fn add_user(app: &App, add: &AddUser) -> Outcome {
    let password = add.password.read(stdin().lock())?;
    let mut identifiers = Vec::new();
    for text in [&add.username, &add.email].into_iter().flatten() {
        // A mail address that an operator enters counts as verified.
        let parsed = identifier::parse(text, Some(app.now()));
        identifiers.push(parsed.map_err(|problem| Failure::Usage(explain(text, problem)))?);
    }
    if let Some(password) = &password {
        let own: Vec<&str> = [&add.username, &add.email, &add.name].into_iter().flatten().map(String::as_str).collect();
        check_password(app, password, &own).await?;
    }
    let mut profile = Map::new();
    if let Some(name) = &add.name {
        profile.insert("name".to_owned(), name.as_str().into());
    }
    let has_password = password.is_some();
    let new = NewUser { sub: None, profile, identifiers, password, roles: Vec::new() };
    let user = users::add(app, new).await.map_err(|error| match error {
        login::Error::Store(store::db::Error::Conflict) => {
            Failure::Conflict("Somebody has this user name or mail address, or one that looks like it.".to_owned())
        }
        error => failed(error).into(),
    })?;
    let link = if has_password { None } else { Some(link_for(app, &user).await?) };
    Ok(added(&user_row(app, &user).await?, link.as_ref()))
}

fn explain(text: &str, problem: identifier::Problem) -> String {
    match problem {
        identifier::Problem::Length => "A user name or mail address has 1 to 254 bytes.".to_owned(),
        identifier::Problem::NotAnAddress => format!("{text:?} is not a mail address."),
        identifier::Problem::NotAName => {
            format!("{text:?} is no user name: letters of one script, digits, '.', '_' and '-'.")
        }
    }
}

async fn check_password(app: &App, password: &Secret, own: &[&str]) -> Result<(), Failure> {
    let least = app.config.login.password_min_length;
    let checked = password_rules::check(&app.hashing, password, own, least).await;
    checked.map_err(|busy| failed(login::Error::from(busy)))?.map_err(|problem| {
        Failure::Usage(match problem {
            Problem::TooShort => format!("The password is too short: it needs {least} characters."),
            Problem::TooLong => "The password is longer than 1024 bytes.".to_owned(),
            Problem::Guessable => "The password is one that is guessed early.".to_owned(),
        })
    })
}

async fn link_for(app: &App, user: &User) -> Result<Link, Failure> {
    let lifetime = app.config.login.invitation;
    let url = users::password_link(app, &user.id, lifetime).await.map_err(failed)?;
    Ok(Link { url: url.into(), expires_at: app.now() + lifetime })
}

async fn find_user(app: &App, text: &str) -> Result<User, Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    let found = match user::find_by_identifier(&mut conn, &identifier::normalise(text)).await.map_err(failed)? {
        Some(found) => Some(found),
        None => user::find_by_sub(&mut conn, text).await.map_err(failed)?,
    };
    found.ok_or_else(|| not_found(text))
}

async fn user_row(app: &App, user: &User) -> Result<UserRow, Failure> {
    let person = users::person(app, &user.id).await.map_err(failed)?.unwrap_or_default();
    let has_password = password::exists(&mut *app.db.read().await.map_err(failed)?, &user.id).await.map_err(failed)?;
    Ok(UserRow {
        sub: user.sub.clone(),
        username: person.preferred_username,
        email: person.email,
        email_verified: person.email_verified,
        name: person.profile.get("name").and_then(|name| name.as_str()).map(str::to_owned),
        has_password,
        disabled: user.disabled_at.is_some(),
        created_at: user.created_at,
    })
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
        let user = UserRow {
            sub: "s1".to_owned(),
            username: None,
            email: Some("alice@example.com".to_owned()),
            email_verified: false,
            name: None,
            has_password: false,
            disabled: false,
            created_at: Timestamp::from_seconds(0),
        };
        let link =
            Link { url: "https://id.example.com/set-password?token=t".into(), expires_at: Timestamp::from_seconds(60) };
        let output = added(&user, Some(&link));
        assert!(output.text.contains("until 1970-01-01T00:01:00Z"));
        assert!(output.text.ends_with("  https://id.example.com/set-password?token=t"));
        assert_eq!(output.json["link"]["url"], "https://id.example.com/set-password?token=t");
        assert_eq!(show(&user).json.get("link"), None);
    }
}
