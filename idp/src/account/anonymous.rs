//! Beginning an anonymous account, at a client whose people need not tell who they are.

use std::time::Duration;

use serde_json::Map;

use crate::account::sign_up::Rules;
use crate::account::users::{self, Add, NewUser};
use crate::app::App;
use crate::base::encoding::sha256_text;
use crate::base::id::Id;
use crate::config::SecondFactor;
use crate::login::session::{Beginning, SignIn, SignedIn, has_anonymous_account};
use crate::oidc::authorization::request::AuthorizationRequest;
use crate::oidc::client::metadata::Client;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::anonymous_account;
use crate::store::people::session::{self, Session};
use crate::store::people::user::{self, User};

/// Whether somebody who is not signed in may answer a request of a client with an anonymous account.
pub fn may_begin(app: &App, client: &Client, request: &AuthorizationRequest) -> bool {
    obstacle(app, client, request).is_none()
}

/// Why nobody may answer a request with a new anonymous account, for the operator.
pub fn obstacle(app: &App, client: &Client, request: &AuthorizationRequest) -> Option<&'static str> {
    if !client.begins_anonymous_accounts() {
        return Some("a client without anonymous_accounts");
    }
    if !request.admits_anonymous {
        return Some("a request for a sign-in (prompt=login, max_age, or acr_values without 0)");
    }
    // A new account is no answer to a request for a certain person, or for one with a name.
    if request.prompt.create || request.id_token_hint.is_some() {
        return Some("a request for a person (prompt=create or id_token_hint)");
    }
    if app.config.login.second_factor == SecondFactor::Everybody {
        return Some("a configuration in which everybody needs a second factor (login.second_factor)");
    }
    let is_open = Rules::of(app).admits_anonymous();
    (!is_open).then_some("a configuration in which not everybody can sign up (login.sign_up, login.sign_up_domains)")
}

/// An anonymous account to be begun.
pub struct NewAnonymous(Add);

/// Prepares an account about which nothing is known.
pub fn prepare(app: &App) -> NewAnonymous {
    let new = NewUser { sub: None, profile: Map::new(), identifiers: Vec::new(), password: None, roles: Vec::new() };
    NewAnonymous(users::prepare(app, new, None))
}

impl NewAnonymous {
    /// Its user.
    pub const fn user(&self) -> &User {
        &self.0.user
    }
}

/// How the wish for an anonymous account ends.
#[derive(Debug)]
pub enum Begun {
    /// One was begun.
    New(SignedIn),
    /// The same interaction has begun one in this browser: the form was sent twice at once, or the answer to it was lost.
    Before(Session),
    /// Nobody may make one.
    Refused,
}

/// Begins an anonymous account at a client, and its session, unless the same interaction has begun one in this browser just now.
pub async fn begin(app: &App, new: NewAnonymous, asked: Asked<'_>, sign_in: &SignIn<'_>) -> Result<Begun> {
    let beginning = Beginning::of(app, sign_in);
    let (client_row, kept) = (asked.client_row.clone(), app.config.login.anonymous_kept);
    let begin = Begin {
        rules: Rules::of(app),
        add: new.0,
        client_row,
        begun_by: sha256_text(asked.interaction.as_bytes()),
        kept,
        beginning,
    };
    app.db.write(begin).await
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The client.
    pub client_row: &'a Id,
    /// The interaction, by its id.
    pub interaction: &'a str,
}

/// Adds a user who has nothing, and a session.
#[derive(Clone)]
struct Begin {
    rules: Rules,
    add: Add,
    client_row: Id,
    /// The interaction, by its hash.
    begun_by: String,
    kept: Duration,
    beginning: Beginning,
}

impl Change for Begin {
    type Outcome = Begun;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Begun> {
        let (Self { rules, add, client_row, begun_by, kept, beginning }, now) = (self, tx.now());
        if !rules.admits_anonymous() {
            return Ok(Begun::Refused);
        }
        // From here on, another one waits that is begun in this browser.
        let browser = beginning.hold_browser(tx).await?;
        // Another interaction may be that of somebody who was here before, and knows the browser's cookie.
        if let Some(before) = alone_in(tx, &browser).await?.filter(|before| before.created_at.is_just_before(now))
            && anonymous_account::was_begun_by(tx, &before.user_id, &begun_by).await?
        {
            return Ok(Begun::Before(before));
        }
        let user = add.apply(tx).await?;
        anonymous_account::insert(tx, &user.id, &begun_by, now, kept).await?;
        let signed_in = beginning.write(tx, user.generation).await?;
        let session = signed_in.session.clone();
        tx.record(&Event::AnonymousAccountBegun { user: user.id, client_row, session }).await?;
        Ok(Begun::New(signed_in))
    }
}

/// The session of a visitor, if it is the only one of a browser. The caller holds the browser's row.
async fn alone_in(tx: &mut Tx<'_>, browser: &Id) -> Result<Option<Session>> {
    let now = tx.now();
    let mut open = session::list_of_browser(tx, browser, now).await?;
    let alone = if open.len() == 1 { open.pop() } else { None };
    match alone {
        Some(one) if has_anonymous_account(tx, &one).await? => Ok(Some(one)),
        _ => Ok(None),
    }
}

/// Goes on with the session of a visitor that has begun in this browser before, with a new cookie: whoever sends the form again may not have
/// got the first one. `None` if it is over, or somebody else is signed in there by now.
pub async fn resume(app: &App, before: &Session, sign_in: &SignIn<'_>) -> Result<Option<SignedIn>> {
    app.db.write(Resume { before: before.clone(), beginning: Beginning::of(app, sign_in) }).await
}

/// Renews the session of a visitor.
#[derive(Clone)]
struct Resume {
    before: Session,
    beginning: Beginning,
}

impl Change for Resume {
    type Outcome = Option<SignedIn>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<SignedIn>> {
        let Self { before, beginning } = self;
        // The user is locked first, as everywhere.
        if !user::hold(tx, &before.user_id).await?.is_some_and(|held| held.may_still(before.generation)) {
            return Ok(None);
        }
        let browser = beginning.hold_browser(tx).await?;
        if alone_in(tx, &browser).await?.is_none_or(|one| one.id != before.id) {
            return Ok(None);
        }
        let Some(cookies) = session::cookies(tx, &browser).await? else { return Ok(None) };
        beginning.hand_on(tx, before, &cookies.sid_hash).await.map(Some)
    }
}
