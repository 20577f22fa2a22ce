//! How a person is listed and shown.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::account::person::person_of;
use crate::account::profile::Claim;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::commands::output::{Failure, Output, details, failed, harmless, table, yes_no};
use crate::login::identifier;
use crate::login::password::throttled;
use crate::login::second_factor::Enrolled;
use crate::store::installation::event;
use crate::store::people::role;
use crate::store::people::user::{Entry, Identifier, User};
use crate::store::people::{anonymous_account, password, session, terms_acceptance, user};

/// A person as they are listed.
#[derive(Clone, Debug, Serialize)]
pub struct UserRow {
    /// The subject that clients know.
    pub sub: String,
    /// The username.
    pub username: Option<String>,
    /// The email address.
    pub email: Option<String>,
    /// Whether the email address is verified.
    pub email_verified: bool,
    /// The name.
    pub name: Option<String>,
    /// Whether a password is set.
    pub has_password: bool,
    /// Whether nobody can sign in to the account, since a client began it without asking who it is.
    pub anonymous: bool,
    /// Whether they are disabled.
    pub disabled: bool,
    /// When the account was made; RFC 3339 in JSON.
    #[serde(serialize_with = "crate::commands::values::rfc3339")]
    pub created_at: Timestamp,
}

impl UserRow {
    /// The row of a user.
    pub fn new(entry: Entry) -> Self {
        let anonymous = Self::is_anonymous(&entry);
        let Entry { user, identifiers, has_password, .. } = entry;

        let (created_at, disabled) = (user.created_at, user.disabled_at.is_some());
        let person = person_of(user, &identifiers);
        Self {
            username: person.preferred_username,
            email: person.email,
            email_verified: person.email_verified,
            name: person.profile.get("name").and_then(Value::as_str).map(str::to_owned),
            sub: person.sub,
            has_password,
            anonymous,
            disabled,
            created_at,
        }
    }

    /// Whether nobody can sign in to the account: an operator may have given it a way to do so.
    pub fn is_anonymous(entry: &Entry) -> bool {
        entry.is_anonymous && entry.identifiers.is_empty()
    }

    /// The name or identifier by which the person is known, safe to print.
    pub fn label(&self) -> String {
        harmless(self.username.as_deref().or(self.email.as_deref()).unwrap_or(&self.sub))
    }
}

/// An identifier as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct IdentifierRow {
    /// What it is: `email`, `username` or `phone`.
    pub kind: String,
    /// As it was written.
    pub value: String,
    /// When it was verified; RFC 3339.
    pub verified_at: Option<String>,
}

impl From<&Identifier> for IdentifierRow {
    fn from(identifier: &Identifier) -> Self {
        Self {
            kind: identifier.kind.as_str().to_owned(),
            value: identifier.as_written.clone(),
            verified_at: identifier.verified_at.map(|at| at.to_string()),
        }
    }
}

/// A version of the terms of service that a person has accepted.
#[derive(Clone, Debug, Serialize)]
pub struct TermsRow {
    /// The version.
    pub version: String,
    /// When; RFC 3339.
    pub accepted_at: String,
}

/// A person with all that is known of them.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// What lists show.
    #[serde(flatten)]
    pub row: UserRow,
    /// All identifiers, oldest first.
    pub identifiers: Vec<IdentifierRow>,
    /// The profile: OIDC Core §5.1.
    pub profile: Map<String, Value>,
    /// The roles.
    pub roles: Vec<String>,
    /// The versions of the terms of service that they have accepted, the earliest first.
    pub terms: Vec<TermsRow>,
    /// When the authenticator app was set up, if there is one; RFC 3339.
    pub authenticator_since: Option<String>,
    /// How many recovery codes are unused.
    pub recovery_codes_left: i64,
    /// How many passkeys there are.
    pub passkeys: i64,
    /// How many sessions are live.
    pub sessions: usize,
    /// When they last signed in, as far as events are kept; RFC 3339.
    pub last_sign_in_at: Option<String>,
    /// Until when tries to sign in are refused, after failures; RFC 3339.
    pub throttled_until: Option<String>,
    /// Whether the password is accepted only on known devices, after too many failures.
    pub password_closed: bool,
    /// When the account was last changed; RFC 3339.
    pub updated_at: String,
}

/// The answer to `user show`.
pub(super) fn show(shown: &Shown) -> Output {
    let row = &shown.row;
    let identifiers = shown.identifiers.iter().map(|one| {
        let state = match (one.kind.as_str(), &one.verified_at) {
            ("username", _) => "",
            (_, Some(_)) => " (verified)",
            (_, None) => " (not verified)",
        };
        (one.kind.as_str(), format!("{}{state}", one.value))
    });
    let claims = Claim::all().filter_map(|claim| {
        let value = claim.get(&shown.profile)?;
        Some((claim.as_str(), value.replace('\n', ", ")))
    });
    let locked = match (&shown.throttled_until, shown.password_closed) {
        (_, true) => "closed after too many failures, except on known devices; see latchkey user unlock".to_owned(),
        (Some(until), false) => format!("throttled until {until} after failures; see latchkey user unlock"),
        (None, false) => String::new(),
    };
    let second_factor = shown.authenticator_since.as_ref().map_or_else(String::new, |since| {
        format!("authenticator app since {since}, {} recovery codes left", shown.recovery_codes_left)
    });
    let terms = shown.terms.iter().map(|one| ("terms", format!("{} accepted at {}", one.version, one.accepted_at)));
    let passkeys = Some(shown.passkeys).filter(|count| *count > 0).map_or_else(String::new, |count| count.to_string());
    let lines: Vec<(&str, String)> = [("subject", row.sub.clone())]
        .into_iter()
        .chain(identifiers)
        .chain(claims)
        .chain([
            ("password", if row.has_password { "set" } else { "not set" }.to_owned()),
            ("password sign-in", locked),
            ("second factor", second_factor),
            ("passkeys", passkeys),
            ("roles", shown.roles.join(" ")),
        ])
        .chain(terms)
        .chain([
            ("sessions", shown.sessions.to_string()),
            ("last sign-in", shown.last_sign_in_at.clone().unwrap_or_else(|| "not known".to_owned())),
            ("visitor", if row.anonymous { yes_no(true) } else { String::new() }),
            ("disabled", yes_no(row.disabled)),
            ("created", row.created_at.to_string()),
            ("updated", shown.updated_at.clone()),
        ])
        .collect();
    Output::new(details(&lines), shown)
}

/// A page of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// The people of this page.
    pub users: Vec<UserRow>,
    /// How many match in all.
    pub total: u64,
    /// What `--after` takes for the next page, if there is one.
    pub next: Option<String>,
}

/// The answer to `user list`.
pub(super) fn list(page: &Page, none_fit: Option<String>) -> Output {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let row = |user: &UserRow| {
        let state = match (user.disabled, user.anonymous) {
            (true, _) => "disabled",
            (false, true) => "visitor",
            (false, false) => "",
        };
        [user.sub.clone(), text(&user.username), text(&user.email), text(&user.name), state.to_owned()]
    };
    let rows: Vec<_> = page.users.iter().map(row).collect();
    let none = match none_fit {
        _ if page.total > 0 => "There are no more users.".to_owned(),
        Some(none) => none,
        None => "There are no users. Add one: latchkey user add --email alice@example.com".to_owned(),
    };
    let mut shown = table(["SUBJECT", "USERNAME", "EMAIL", "NAME", ""], &rows, &none);
    let word = if page.total == 1 { "user" } else { "users" };
    match &page.next {
        Some(next) => {
            let (count, total) = (page.users.len(), page.total);
            shown.push_str(&format!("\n\n{count} of {total} {word}. For the next page, add --after {next}"));
        }
        None if page.total > 0 => shown.push_str(&format!("\n\n{} {word} in all.", page.total)),
        None => {}
    }
    Output::new(shown, page)
}

/// There is no such person.
pub(super) fn not_found(user: &str) -> Failure {
    Failure::NotFound(format!("No user found for {}.", harmless(user)))
}

/// Finds a person by email address, username or subject.
pub(in crate::commands) async fn find(app: &App, text: &str) -> Result<User, Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    let found = match user::find_by_identifier(&mut conn, &identifier::normalise(text)).await.map_err(failed)? {
        Some(found) => Some(found),
        None => user::find_by_sub(&mut conn, text).await.map_err(failed)?,
    };
    found.ok_or_else(|| not_found(text))
}

/// The same, for a change that gives a way to sign in. A visitor is refused: one way alone leaves an account that nobody can use, or
/// whose owner nobody knows.
pub(super) async fn find_person(app: &App, text: &str) -> Result<User, Failure> {
    let user = find(app, text).await?;
    let mut conn = app.db.read().await.map_err(failed)?;
    if anonymous_account::is_anonymous(&mut conn, &user.id).await.map_err(failed)? {
        let why =
            "is a visitor, and nobody knows whose the account is: let them sign up in their browser, which keeps it.";
        return Err(Failure::Conflict(format!("{} {why}", harmless(text))));
    }
    Ok(user)
}

/// The name or identifier by which a person is known, safe to print.
pub(in crate::commands) async fn label(app: &App, user: &User) -> Result<String, Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    let identifiers = user::identifiers(&mut conn, &user.id).await.map_err(failed)?;
    Ok(UserRow::new(Entry { user: user.clone(), identifiers, has_password: false, is_anonymous: false }).label())
}

/// Refuses to leave nobody who can administer.
pub(super) fn last_administrator(label: &str) -> Failure {
    Failure::Conflict(format!(
        "{label} is the last administrator who can sign in. To do it all the same, add --last-administrator."
    ))
}

/// A person as they are now, and all that is known of them.
pub(super) async fn read(app: &App, user: &User) -> Result<Shown, Failure> {
    let mut conn = app.db.read().await.map_err(failed)?;
    let (id, now) = (&user.id, app.now());
    let found = user::find_with_identifiers(&mut conn, id).await.map_err(failed)?;
    let (user, identifiers) = found.ok_or_else(|| not_found(&user.sub))?;
    let has_password = password::exists(&mut conn, id).await.map_err(failed)?;
    let is_anonymous = anonymous_account::is_anonymous(&mut conn, id).await.map_err(failed)?;
    let roles = role::of_user(&mut conn, id).await.map_err(failed)?;
    let terms = terms_acceptance::of_user(&mut conn, id).await.map_err(failed)?;
    let sessions = session::list_of_user(&mut conn, id, now).await.map_err(failed)?.len();
    let enrolled = Enrolled::of(&mut conn, id).await.map_err(failed)?;
    let last = event::last_of_user(&mut conn, id, "signed_in").await.map_err(failed)?;
    drop(conn);
    let locked = throttled(app, id, &identifiers).await.map_err(failed)?;
    Ok(Shown {
        identifiers: identifiers.iter().map(IdentifierRow::from).collect(),
        profile: user.profile.clone(),
        roles,
        terms: terms
            .into_iter()
            .map(|one| TermsRow { version: one.terms_version, accepted_at: one.accepted_at.to_string() })
            .collect(),
        authenticator_since: enrolled.totp.map(|totp| totp.created_at.to_string()),
        recovery_codes_left: enrolled.recovery_codes.unused,
        passkeys: enrolled.passkeys + enrolled.unproven_passkeys,
        sessions,
        last_sign_in_at: last.map(|at| at.to_string()),
        throttled_until: locked.until.map(|at| at.to_string()),
        password_closed: locked.closed,
        updated_at: user.updated_at.to_string(),
        row: UserRow::new(Entry { user, identifiers, has_password, is_anonymous }),
    })
}

#[cfg(test)]
pub(super) fn sample() -> UserRow {
    UserRow {
        sub: "s1".to_owned(),
        username: None,
        email: Some("alice@example.com".to_owned()),
        email_verified: false,
        name: None,
        has_password: false,
        anonymous: false,
        disabled: false,
        created_at: Timestamp::from_seconds(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_how_many_match_and_how_to_go_on() {
        let page =
            |users: Vec<UserRow>, total, next: Option<&str>| Page { users, total, next: next.map(str::to_owned) };
        let text = list(&page(vec![sample()], 3, Some("s1")), None).text;
        assert!(text.ends_with("\n\n1 of 3 users. For the next page, add --after s1"), "{text}");
        let output = list(&page(vec![sample()], 1, None), None);
        assert!(output.text.ends_with("\n\n1 user in all."), "{}", output.text);
        assert_eq!((&output.json["total"], &output.json["next"]), (&1.into(), &Value::Null));
        assert_eq!(list(&page(vec![], 0, None), Some("No users match.".to_owned())).text, "No users match.");
        assert!(list(&page(vec![], 0, None), None).text.starts_with("There are no users. Add one:"));
    }
}
