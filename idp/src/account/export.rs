//! All that is held about a person, for that person.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::account::{activity, passkey_provider};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::letters::kind::Notice;
use crate::letters::notice::notify;
use crate::letters::word;
use crate::login::second_factor::Enrolled;
use crate::store::clients::consent;
use crate::store::db::{Change, Conn, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::installation::happened::{self, Wanted};
use crate::store::people::channel_binding::{self, ChannelBinding};
use crate::store::people::passkey::{self, Passkey};
use crate::store::people::role;
use crate::store::people::terms_acceptance::Acceptance;
use crate::store::people::upstream_account::{self, UpstreamAccount};
use crate::store::people::upstream_change;
use crate::store::people::upstream_token;
use crate::store::people::{
    account_deletion, address_change, anonymous_account, channel_request, invitation, known_device, mail_proof,
    one_time_link, outbox, passkey_offer, password, recovery_code, session, terms_acceptance, trusted_browser, user,
};

/// How many events are told at most: the newest.
const EVENTS: i64 = 10_000;

/// Notes that a user has got all that is held about them, and tells them by letter.
pub async fn note_export(app: &App, user: &Id) -> Result<()> {
    app.db.write(NoteExport { user: user.clone() }).await
}

#[derive(Clone)]
struct NoteExport {
    user: Id,
}

impl Change for NoteExport {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { user } = self;
        if user::hold(tx, &user).await?.is_none() {
            return Ok(());
        }
        notify(tx, &user, Notice::DataExported).await?;
        tx.record(&Event::DataExported { user }).await
    }
}

/// Everything that is stored about a user, without what is secret even to them: hashes, sealed keys, ids of rows. `None` if
/// the user is gone.
pub async fn export(app: &App, id: &Id) -> Result<Option<Value>> {
    let now = app.now();
    let mut conn = app.db.read().await?;
    let Some((user, identifiers)) = user::find_with_identifiers(&mut conn, id).await? else { return Ok(None) };
    let enrolled = Enrolled::of(&mut conn, id).await?;
    let password = password::changed_at(&mut conn, id).await?;
    let terms = terms_acceptance::of_user(&mut conn, id).await?;
    let invited = invitation::used_at(&mut conn, id).await?;
    let is_anonymous = anonymous_account::is_anonymous(&mut conn, id).await?;
    let roles = role::of_user(&mut conn, id).await?;
    let sessions = session::all_of_user(&mut conn, id, now).await?;
    let browsers = trusted_browser::of_user(&mut conn, id, now).await?;
    let devices = known_device::last_seen(&mut conn, id).await?;
    let applications = consent::applications(&mut conn, id, now).await?;
    let events = happened::newest(&mut conn, &Wanted { user: Some(id.clone()), ..Wanted::default() }, EVENTS).await?;
    let passkeys = passkey::of_user(&mut conn, id).await?;
    let upstreams = upstream_account::of_user(&mut conn, id).await?;
    let tokens: HashMap<_, _> = upstream_token::of_user(&mut conn, id).await?.into_iter().collect();
    let chats = channel_binding::of_user(&mut conn, id).await?;
    let offered = passkey_offer::answered_at(&mut conn, id).await?;
    let under_way = under_way(&mut conn, id).await?;
    let due_at = account_deletion::due_at(&mut conn, id).await?;
    let former = user::former(&mut conn, id, now).await?;
    drop(conn);
    let mail_word = word::of(app, id).await?;
    let identifiers: Vec<_> = identifiers
        .iter()
        .map(|one| json!({ "kind": one.kind, "value": one.as_written, "verified_at": one.verified_at.map(|at| at.to_string()) }))
        .collect();
    let sessions: Vec<_> = sessions.iter().map(of_session).collect();
    let browsers: Vec<_> = browsers
        .iter()
        .map(|one| json!({ "since": one.created_at.to_string(), "until": one.expires_at.to_string(), "user_agent": one.user_agent }))
        .collect();
    let applications: Vec<_> = applications.iter().map(of_application).collect();
    let events: Vec<_> = events.iter().map(of_event).collect();
    let devices: Vec<_> = devices.iter().map(|at| json!({ "last_seen_at": at.to_string() })).collect();
    Ok(Some(json!({
        "issuer": app.issuer(),
        "exported_at": now.to_string(),
        "sub": user.sub,
        "anonymous": is_anonymous,
        "created_at": user.created_at.to_string(),
        "updated_at": user.updated_at.to_string(),
        "deletion_due_at": due_at.map(|at| at.to_string()),
        "joined_by_invitation_at": invited.map(|at| at.to_string()),
        "terms_accepted": terms.iter().map(of_terms).collect::<Vec<_>>(),
        "identifiers": identifiers,
        "profile": user.profile,
        "roles": roles,
        "password": password.map(|at| json!({ "changed_at": at.to_string() })),
        "authenticator_app": enrolled.totp.map(|totp| {
            json!({ "since": totp.created_at.to_string(), "last_used_at": totp.last_used_at.map(|at| at.to_string()) })
        }),
        "recovery_codes": { "made": enrolled.recovery_codes.made, "unused": enrolled.recovery_codes.unused },
        "passkeys": passkeys.iter().map(of_passkey).collect::<Vec<_>>(),
        "accounts_elsewhere": upstreams.iter().map(|one| of_upstream(one, tokens.get(&one.id))).collect::<Vec<_>>(),
        "chats_with_bots": chats.iter().map(of_chat).collect::<Vec<_>>(),
        "passkey_offer_answered_at": offered.map(|at| at.to_string()),
        "mail_word": mail_word,
        "letters_before": former.map(|former| {
            let word = former.mail_word.and_then(|sealed| word::opened(app, id, &sealed));
            json!({ "mail_word": word, "locale": former.locale })
        }),
        "under_way": under_way,
        "trusted_browsers": browsers,
        "known_browsers": devices,
        "sessions": sessions,
        "applications": applications,
        "events": events,
    })))
}

/// What was sent to a user or waits to be, and what can be taken back.
async fn under_way(conn: &mut Conn, id: &Id) -> Result<Value> {
    let letters: Vec<_> = outbox::of_user(conn, id)
        .await?
        .into_iter()
        .map(|(kind, to, at)| json!({ "kind": kind, "to": to, "written_at": at.to_string() }))
        .collect();
    let codes: Vec<_> = mail_proof::of_user(conn, id)
        .await?
        .into_iter()
        .map(|(purpose, to, at)| json!({ "for": purpose, "to": to, "sent_at": at.to_string() }))
        .collect();
    let links: Vec<_> = one_time_link::of_user(conn, id)
        .await?
        .into_iter()
        .map(|(purpose, to, at)| json!({ "for": purpose, "to": to, "made_at": at.to_string() }))
        .collect();
    let changes: Vec<_> = address_change::of_user(conn, id).await?.into_iter()
        .map(|(before, after, until)| json!({ "before": before, "after": after, "can_be_taken_back_until": until.to_string() }))
        .collect();
    let connections: Vec<_> = upstream_change::of_user(conn, id)
        .await?
        .into_iter()
        .map(|(provider, shown_as, is_link, at)| {
            json!({ "provider": provider, "shown_as": shown_as, "connected": is_link == 1, "at": at.to_string() })
        })
        .collect();
    let chats: Vec<_> = channel_request::of_user(conn, id)
        .await?
        .into_iter()
        .map(|(purpose, channel, at)| json!({ "for": purpose, "channel": channel, "begun_at": at.to_string() }))
        .collect();
    let replaced: Vec<_> = recovery_code::replaced_at(conn, id).await?.iter().map(ToString::to_string).collect();
    Ok(json!({
        "letters_waiting": letters, "codes_sent": codes, "links_made": links, "address_changes": changes,
        "connections_changed": connections, "recovery_codes_replaced": replaced, "begun_with_bots": chats,
    }))
}

/// What was recorded about an event, without the ids of rows.
fn details(data: &Map<String, Value>) -> Map<String, Value> {
    let is_row = |name: &str| ["user", "client", "session"].contains(&name);
    data.iter().filter(|(name, _)| !is_row(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What an export says about an acceptance of the terms.
fn of_terms(one: &Acceptance) -> Value {
    json!({ "version": one.terms_version, "at": one.accepted_at.to_string() })
}

/// What an export says about a passkey.
fn of_passkey(one: &Passkey) -> Value {
    json!({
        "name": one.name, "since": one.created_at.to_string(), "last_used_at": one.last_used_at.map(|at| at.to_string()),
        "created_automatically": one.automatic_at.is_some(), "domain": one.rp_id,
        "provider": one.aaguid.as_deref().and_then(passkey_provider::name),
        "is_synced": one.backup.is_synced(),
    })
}

/// What an export says about an account at another provider, and since when its tokens are kept, which lose their worth in an export.
fn of_upstream(one: &UpstreamAccount, tokens_kept_at: Option<&Timestamp>) -> Value {
    json!({
        "provider": one.provider, "shown_as": one.shown_as, "linked_at": one.linked_at.to_string(),
        "last_used_at": one.last_used_at.map(|at| at.to_string()),
        "tokens_kept_at": tokens_kept_at.map(ToString::to_string),
    })
}

/// What an export says about a chat with a bot.
fn of_chat(one: &ChannelBinding) -> Value {
    json!({
        "channel": one.channel, "kind": one.kind, "sender": one.sender, "shown_as": one.shown_as,
        "bound_at": one.bound_at.to_string(), "last_used_at": one.last_used_at.map(|at| at.to_string()),
    })
}

/// What an export says about a session.
fn of_session(one: &session::Stored) -> Value {
    let session = &one.session;
    json!({
        "signed_in_at": session.created_at.to_string(), "last_active_at": session.active_at().to_string(),
        "user_agent": session.user_agent, "address": session.address, "methods": session.amr,
        "has_ended": one.live_since.is_none(),
    })
}

/// What an export says about an application.
fn of_application(one: &consent::Application) -> Value {
    json!({
        "client_id": one.client_id, "allowed": one.consented.as_ref().map(ToString::to_string),
        "allowed_at": one.consented_at.map(|at| at.to_string()), "used_at": one.used_at.map(|at| at.to_string()),
        "has_access_to": one.granted.iter().map(|granted| granted.scope.to_string()).collect::<Vec<_>>(),
    })
}

/// What an export says about an event.
fn of_event(one: &happened::Happened) -> Value {
    json!({
        "at": one.at.to_string(), "kind": one.kind, "client_id": one.client_id,
        "address": one.address.as_ref().filter(|_| !activity::is_of_anybody(&one.kind)),
        "user_agent": one.user_agent, "details": details(&one.data),
    })
}
