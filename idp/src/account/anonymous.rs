//! Beginning an anonymous account, at a client whose people need not tell who they are.

use std::time::Duration;

use serde_json::Map;

use crate::account::sign_up::Rules;
use crate::account::users::{self, Add, NewUser};
use crate::app::App;
use crate::base::id::Id;
use crate::config::SecondFactor;
use crate::login::session::{Beginning, SignIn, SignedIn};
use crate::oidc::authorization::request::AuthorizationRequest;
use crate::oidc::client::metadata::Client;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::anonymous_account;
use crate::store::people::user::User;

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

/// Begins an anonymous account at a client, and its session. `None` if nobody may make one.
pub async fn begin(app: &App, new: NewAnonymous, client_row: &Id, sign_in: &SignIn<'_>) -> Result<Option<SignedIn>> {
    let beginning = Beginning::of(app, sign_in);
    let kept = app.config.login.anonymous_kept;
    let client_row = client_row.clone();
    app.db.write(Begin { rules: Rules::of(app), add: new.0, client_row, kept, beginning }).await
}

/// Adds a user who has nothing, and a session.
#[derive(Clone)]
struct Begin {
    rules: Rules,
    add: Add,
    client_row: Id,
    kept: Duration,
    beginning: Beginning,
}

impl Change for Begin {
    type Outcome = Option<SignedIn>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<SignedIn>> {
        let (Self { rules, add, client_row, kept, beginning }, now) = (self, tx.now());
        if !rules.admits_anonymous() {
            return Ok(None);
        }
        let user = add.apply(tx).await?;
        anonymous_account::insert(tx, &user.id, now, kept).await?;
        let signed_in = beginning.write(tx, user.generation).await?;
        let session = signed_in.session.clone();
        tx.record(&Event::AnonymousAccountBegun { user: user.id, client_row, session }).await?;
        Ok(Some(signed_in))
    }
}
