//! `latchkey events`.

use std::collections::HashMap;
use std::io::{ErrorKind, Write};
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::{Value, json};

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::commands::output::{Failure, Outcome, Output, failed, harmless};
use crate::commands::user::find;
use crate::commands::values::{device_name, moment_before};
use crate::store::clients::client;
use crate::store::installation::happened::{self, Happened, Wanted};

/// Which events to show.
#[derive(Args, Clone, Debug)]
pub struct Events {
    /// Only events about this user: email address, username or subject
    #[arg(long)]
    pub user: Option<String>,
    /// Only events about this client
    #[arg(long, value_name = "CLIENT_ID")]
    pub client: Option<String>,
    /// Only events of this kind; may be given several times
    #[arg(long, value_name = "KIND", value_parser = kinds(), hide_possible_values = true)]
    pub kind: Vec<String>,
    /// Only events since then: a time such as 2026-01-31T12:00:00Z, or a duration such as 1h
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only the event with this id, as latchkey audit verify names it
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Show the newest N events [default: 100, or 10 with --follow]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: Option<u32>,
    /// Keep running and show new events as they happen; with --json, one object per line
    #[arg(long, short)]
    pub follow: bool,
}

/// The kinds of events and what each says. A word in braces is the user, the client, or a member of the event's data.
pub const KINDS: &[(&str, &str)] = &[
    ("user_created", "{user}: account created"),
    ("user_disabled", "{user}: account disabled"),
    ("user_enabled", "{user}: account enabled"),
    ("user_deleted", "{user}: account deleted"),
    ("user_unlocked", "{user}: failed sign-ins forgotten"),
    ("anonymous_account_begun", "{user}: anonymous account begun at {client}"),
    ("account_kept", "{user}: signed up, and kept the anonymous account"),
    ("deletion_asked", "{user}: asked for the deletion of the account, due {due_at}"),
    ("deletion_begun", "{user}: the deletion began"),
    ("deletion_taken_back", "{user}: the deletion was taken back, the account stays"),
    ("data_exported", "{user}: downloaded the data of the account"),
    ("terms_accepted", "{user}: accepted version {version} of the terms"),
    ("terms_refused", "{user}: refused version {version} of the terms"),
    ("invitation_created", "invitation {invitation} created ({uses} uses, roles: {roles})"),
    ("invitation_used", "{user}: joined by invitation {invitation}"),
    ("invitation_revoked", "invitation {invitation} revoked"),
    ("identifier_added", "{user}: {identifier} added"),
    ("identifier_verified", "{user}: {identifier} verified"),
    ("identifier_removed", "{user}: {identifier} removed"),
    ("address_taken_back", "{user}: change of the address taken back by the mailbox of the old one"),
    ("session_ended", "{user}: a session was ended"),
    ("all_sessions_ended", "{user}: all sessions were ended"),
    ("password_changed", "{user}: password changed"),
    ("password_link_sent", "{user}: link to set a password sent by email"),
    ("password_link_made", "{user}: link to set a password made"),
    ("recovery_begun", "{user}: link made that recovers the administrator"),
    ("signed_in", "{user} signed in ({amr})"),
    ("sign_in_failed", "{user}: sign-in failed ({failures} in a row)"),
    ("stuffing_suspected", "{network} failed to sign in with {names} different names within ten minutes"),
    ("spraying_suspected", "one password was tried with {names} different names within ten minutes"),
    ("guessing_suspected", "{user}: sign-ins failed from {networks} different networks within ten minutes"),
    ("unknown_names_tried", "{tries} sign-ins with unknown names from {networks} networks ({loudest})"),
    ("password_door_closed", "{user}: too many failed sign-ins, the password works on known devices only"),
    ("second_factor_failed", "{user}: too many wrong codes after the right password"),
    ("passkey_failed", "{user}: a sign-in with passkey {passkey} failed"),
    ("mail_code_failed", "{user}: five wrong codes for a letter, which works no more"),
    ("authenticator_added", "{user}: authenticator app set up"),
    ("authenticator_replaced", "{user}: another authenticator app set up in place of the one before"),
    ("authenticator_removed", "{user}: authenticator app removed"),
    ("recovery_codes_made", "{user}: new recovery codes"),
    ("recovery_codes_put_back", "{user}: recovery codes that were replaced lately put back by one of them"),
    ("recovery_code_used", "{user}: recovery code used, {left} left"),
    ("passkey_added", "{user}: passkey {passkey} added"),
    ("passkey_created_automatically", "{user}: passkey {passkey} added, which the browser made by itself"),
    ("passkey_renamed", "{user}: passkey {passkey} renamed"),
    ("passkey_removed", "{user}: passkey {passkey} removed"),
    ("passkey_counter_fell", "{user}: passkey {passkey} refused, since it may be a copy: its counter went back"),
    ("browser_trusted", "{user}: a browser is not asked for a code"),
    ("browser_forgotten", "{user}: a browser is asked for a code again"),
    ("upstream_linked", "{user}: account at {upstream} linked"),
    ("upstream_unlinked", "{user}: account at {upstream} unlinked"),
    ("upstream_change_undone", "{user}: link or unlink of an account at {upstream} undone by a letter"),
    ("upstream_token_given", "{client} got a token of the account of {user} at {upstream}"),
    ("channel_bound", "{user}: chat with {channel} bound"),
    ("channel_unbound", "{user}: chat with {channel} unbound"),
    ("channel_sign_in_refused", "{user}: refused a sign-in in the chat with {channel}"),
    ("factors_reset", "{user}: second factors removed and all sessions ended by an operator"),
    ("signed_out", "{user} signed out"),
    ("signed_out_elsewhere", "{user} signed out on all other devices"),
    ("consent_given", "{user} allowed {client}: {scope}"),
    ("consent_refused", "{user} refused {client}"),
    ("consent_withdrawn", "{user} removed the access of {client}"),
    ("profile_changed", "{user}: profile changed"),
    ("role_given", "{user}: role {role} given"),
    ("role_taken", "{user}: role {role} taken away"),
    ("code_replayed", "an authorization code of {client} was used twice: its tokens were revoked"),
    ("code_burnt", "an authorization code of {client} was tried with wrong values too often: it was revoked"),
    ("refresh_token_replayed", "an old refresh token of {client} was used again: its tokens were revoked"),
    ("grant_revoked", "{client} revoked its tokens"),
    ("client_created", "client {client} created"),
    ("client_changed", "client {client} changed"),
    ("client_disabled", "client {client} disabled"),
    ("client_enabled", "client {client} enabled"),
    ("client_secret_added", "client {client}: secret {secret} added"),
    ("client_secret_removed", "client {client}: secret {secret} removed"),
    ("client_removed", "client {client} removed"),
    ("resource_created", "resource {resource} created"),
    ("resource_changed", "resource {resource} changed"),
    ("resource_removed", "resource {resource} removed"),
    ("upstream_created", "provider {upstream} added"),
    ("upstream_changed", "provider {upstream} changed"),
    ("upstream_disabled", "provider {upstream} disabled"),
    ("upstream_enabled", "provider {upstream} enabled"),
    ("upstream_removed", "provider {upstream} removed"),
    ("upstream_tokens_ended", "{tokens} tokens of people at {upstream} are to be revoked"),
    ("signing_key_created", "signing key {kid} created"),
    ("signing_key_revoked", "signing key {kid} revoked"),
    ("letter_retried", "letter {letter} is tried again"),
    ("letter_discarded", "letter {letter} discarded"),
    ("log_level_changed", "log level: {level}"),
    ("maintenance_began", "maintenance began"),
    ("maintenance_ended", "maintenance ended"),
    ("restored", "backup restored: all sessions, tokens and links ended"),
];

fn kinds() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(KINDS.iter().map(|(kind, _)| *kind))
}

/// How many events are shown by default.
const SHOWN: u32 = 100;

/// The same before new ones are followed.
const SHOWN_BEFORE: u32 = 10;

/// How often new events are looked for.
const LOOK: Duration = Duration::from_secs(1);

/// How late an event may become visible: it has the time at which it was written, and is seen once its transaction is
/// committed. Other replicas' clocks may be behind by as much.
const LATE: Duration = Duration::from_secs(10);

/// How many new events are read at once.
const BATCH: i64 = 1000;

/// Shows events, the newest last.
pub(super) async fn command(app: &App, events: &Events, as_json: bool) -> Outcome {
    let wanted = wanted(app, events).await?;
    let limit = events.limit.unwrap_or(if events.follow { SHOWN_BEFORE } else { SHOWN });
    let mut found = {
        let mut conn = app.db.read().await.map_err(failed)?;
        happened::newest(&mut conn, &wanted, i64::from(limit)).await.map_err(failed)?
    };
    found.reverse();
    if events.follow {
        return follow(app, wanted, found, as_json).await;
    }
    if let (Some(id), true) = (&events.id, found.is_empty()) {
        return Err(Failure::NotFound(format!("There is no event with the id {}.", harmless(id))));
    }
    let text = match found.is_empty() {
        true => "No events.".to_owned(),
        false => found.iter().map(line).collect::<Vec<_>>().join("\n"),
    };
    Ok(Output::new(text, &found.iter().map(object).collect::<Vec<_>>()))
}

async fn wanted(app: &App, events: &Events) -> Result<Wanted, Failure> {
    let since = events.since.as_deref().map(|text| moment_before(app.now(), text)).transpose();
    let since = since.map_err(|why| Failure::Usage(format!("--since: {why}.")))?;
    let user = match &events.user {
        None => None,
        Some(text) => Some(find(app, text).await?.id),
    };
    let client = match &events.client {
        None => None,
        Some(client_id) => {
            let mut conn = app.db.read().await.map_err(failed)?;
            let row = client::find(&mut conn, client_id, app.now()).await.map_err(failed)?;
            let wanted = (row.map(|found| found.client.id.clone()), client_id.clone());
            // A client that was removed is known by its events alone.
            let of_it = Wanted { client: Some(wanted.clone()), ..Wanted::default() };
            if wanted.0.is_none() && happened::newest(&mut conn, &of_it, 1).await.map_err(failed)?.is_empty() {
                return Err(Failure::NotFound(format!("No client found for {client_id:?}.")));
            }
            Some(wanted)
        }
    };
    let id = events.id.as_deref().map(Id::from);
    Ok(Wanted { id, user, client, kinds: events.kind.clone(), since })
}

/// Prints these events and then new ones, until told to stop or until nobody reads them.
async fn follow(app: &App, mut wanted: Wanted, found: Vec<Happened>, as_json: bool) -> Outcome {
    let stop = tokio::signal::ctrl_c();
    tokio::pin!(stop);
    let mut seen: HashMap<Id, Timestamp> = HashMap::new();
    let mut from = found.last().map_or(app.now(), |last| last.at);
    // What is older than the first event that is shown was left out on purpose.
    wanted.since = found.first().map(|first| first.at).or(wanted.since);
    let mut new = found;
    loop {
        let (full, last) = (new.len() as i64 >= BATCH, new.last().map(|last| last.at));
        new.retain(|event| !seen.contains_key(&event.id));
        if !print(&new, as_json)? {
            return Ok(Output::nothing());
        }
        // A replica whose clock is ahead must not hide what the others write meanwhile.
        from = last.map_or(from, |last| last.min(app.now()).max(from));
        seen.extend(new.iter().map(|event| (event.id.clone(), event.at)));
        seen.retain(|_, at| *at + LATE >= from);
        // A full batch has more behind it; otherwise events of the last seconds may still become visible.
        let since = if full { from } else { from - LATE };
        wanted.since = Some(wanted.since.map_or(since, |least| least.max(since)));
        if !full {
            tokio::select! {
                _ = &mut stop => return Ok(Output::nothing()),
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        let mut conn = app.db.read().await.map_err(failed)?;
        new = happened::oldest(&mut conn, &wanted, BATCH).await.map_err(failed)?;
    }
}

/// Prints events, one per line; returns whether somebody reads them.
fn print(events: &[Happened], as_json: bool) -> Result<bool, Failure> {
    let mut out = std::io::stdout().lock();
    for event in events {
        let line = if as_json { object(event).to_string() } else { line(event) };
        match writeln!(out, "{line}").and_then(|()| out.flush()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(false),
            Err(error) => return Err(Failure::Failed(format!("The events cannot be written: {error}"))),
        }
    }
    Ok(true)
}

/// An event as one line of text.
fn line(event: &Happened) -> String {
    let mut where_from = Vec::new();
    let words = words(event);
    if let Some(client) = event.client_id.as_deref().filter(|client| !words.contains(client)) {
        where_from.push(format!("client {client}"));
    }
    where_from.extend(event.address.as_ref().map(|address| format!("from {address}")));
    where_from.extend(event.user_agent.as_deref().map(device_name));
    where_from.extend(event.request_id.as_ref().map(|id| format!("request {id}")));
    where_from.extend(event.actor.as_deref().map(by));
    let from = if where_from.is_empty() { String::new() } else { format!(" ({})", where_from.join(", ")) };
    harmless(&format!("{}  {words}{from}", event.at))
}

/// Who acted, where no request did.
fn by(actor: &str) -> String {
    match actor.split_once(' ') {
        Some(("command", name)) => format!("by {name} with the command line"),
        _ => format!("by the {actor}"),
    }
}

/// Who acted, as data; `None` for events of earlier releases that no request caused.
fn acted(event: &Happened) -> Option<Value> {
    match (&event.actor, &event.request_id) {
        (Some(actor), _) => Some(match actor.split_once(' ') {
            Some((by, name)) => json!({ "by": by, "name": name }),
            None => json!({ "by": actor, "name": null }),
        }),
        (None, Some(_)) => Some(json!({ "by": "request", "name": null })),
        (None, None) => None,
    }
}

/// What happened, in words.
fn words(event: &Happened) -> String {
    let Some((_, template)) = KINDS.iter().find(|(kind, _)| *kind == event.kind) else {
        // A newer release has written it.
        let about = event.user_name.as_ref().map(|user| format!("{user}: ")).unwrap_or_default();
        return format!("{about}{}", event.kind.replace('_', " "));
    };
    let mut words = String::new();
    for part in template.split('{') {
        match part.split_once('}') {
            None => words.push_str(part),
            Some((name, rest)) => words = words + &member(event, name) + rest,
        }
    }
    words
}

/// The value of a word in braces.
fn member(event: &Happened, name: &str) -> String {
    let known = match name {
        "user" => event.user_name.clone().or_else(|| event.sub.clone()),
        "client" => event.client_id.clone(),
        _ => return event.data.get(name).map(plain).unwrap_or_default(),
    };
    known.unwrap_or_else(|| format!("a {name} that was removed"))
}

/// A member of an event as text; lists without brackets.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // A network and its tries, for example.
        Value::Array(list) if list.iter().any(Value::is_array) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// The members of an event's data that are ids of rows, which mean nothing outside of the database.
const ROWS: [&str; 4] = ["user", "client", "session", "grant"];

/// An event as data.
fn object(event: &Happened) -> Value {
    let data = event.data.iter().filter(|(name, _)| !ROWS.contains(&name.as_str()));
    let user = event.sub.as_ref().map(|sub| json!({ "sub": sub, "name": event.user_name }));
    json!({
        "id": event.id,
        "at": event.at.to_string(),
        "kind": event.kind,
        "user": user,
        "client_id": event.client_id,
        "address": event.address,
        "device": event.user_agent.as_deref().map(device_name),
        "user_agent": event.user_agent,
        "request_id": event.request_id,
        "actor": acted(event),
        "checkpoint": event.checkpoint,
        "data": data.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>(),
    })
}
