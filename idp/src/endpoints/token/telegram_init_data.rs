//! Tokens for who has opened a Mini App of Telegram, without a page: an extension grant (RFC 6749 §4.5).
//!
//! Nobody can be asked anything here. So it gives what a sign-in by an account elsewhere gives at the authorization endpoint where no page
//! follows; whenever one would, the Mini App is told to open that endpoint instead.

use std::net::IpAddr;

use crate::account::sign_up::{Applicant, Joined, Rules, SIGN_UPS, join, user_of};
use crate::account::terms;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::config::DeclaredChannel;
use crate::endpoints::authorization::GRANTS;
use crate::federation::link::to_join;
use crate::federation::telegram::{self, Signed, init_data};
use crate::http::error::Error;
use crate::http::layers::maintenance;
use crate::http::request::client_ip::Source;
use crate::login::limits;
use crate::login::networks::{self, Rule};
use crate::login::second_factor::{self, Demand, Rigour};
use crate::login::session::{InApp, SignIn};
use crate::oidc;
use crate::oidc::authorization::request::scope_for;
use crate::oidc::claims::access_token::audience;
use crate::oidc::claims::acr::Method;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::ErrorCode;
use crate::oidc::resource;
use crate::oidc::scope::{OFFLINE_ACCESS, ScopeSet};
use crate::oidc::steps::Step;
use crate::oidc::token::grant_type::GrantType;
use crate::oidc::token::refresh_token::Family;
use crate::oidc::token::request::MiniApp;
use crate::oidc::token::response::TokenResponse;
use crate::resources;
use crate::store::db::{self, Change, Tx};
use crate::store::grants::grant::{self, Grant};
use crate::store::grants::refresh_family;
use crate::store::installation::upstream;
use crate::store::origin::Origin;
use crate::store::people::session::{self, Session};
use crate::store::people::upstream_account;
use crate::store::people::user::{self, User};
use crate::tokens::family;
use crate::tokens::issue::{self, Wanted};

/// The method in the metrics.
const METRIC: &str = "mini_app";

/// Whether a client may use this grant: a channel has it as a Mini App. Nobody can be asked for consent, and the tokens are a person's.
pub fn is_mini_app(app: &App, client: &Client) -> bool {
    let is_of_people = client.first_party && client.allows_grant(GrantType::AuthorizationCode);
    is_of_people && init_data::channels(app, &client.client_id).next().is_some()
}

/// A request by a Mini App.
struct Request<'a> {
    app: &'a App,
    client: &'a Client,
    /// The network that limits count for; `None` of a client's own server, behind which there may be any number of people.
    bucket: Option<&'a str>,
    /// Where the person is; `None` if nobody knows.
    address: Option<IpAddr>,
}

/// Exchanges what Telegram has given to a Mini App for tokens.
pub async fn exchange(
    app: &App,
    client: &Client,
    wanted: &MiniApp,
    (source, user_agent): (&Source, Option<&str>),
) -> Result<TokenResponse, Error> {
    let is_own = client.is_public();
    let (bucket, address) = (is_own.then_some(&*source.bucket), source.certain().filter(|_| is_own));
    let request = Request { app, client, bucket, address };
    request.admit().await?;
    let granted = request.granted(wanted).await?;
    let (channel, signed) = request.verified(&wanted.init_data)?;
    let (user, account) = match request.known(channel, &signed).await? {
        Some((user, account)) => {
            request.judge(&user).await?;
            request.use_up(channel, &signed).await?;
            (user, account)
        }
        None => request.join(channel, &signed).await?,
    };
    let (in_app, methods) = (InApp::of(app, &user.id, &client.id), [Method::Federated]);
    let sign_in = SignIn {
        user: &user,
        methods: &methods,
        keep: false,
        browser: in_app.browser(),
        sid: None,
        user_agent: user_agent.filter(|_| is_own),
        address: source.address,
        proof: None,
        second: None,
        passkey: None,
        upstream: Some(&account),
        proven_at: None,
    };
    let begun = in_app.begin(app, sign_in).await?.ok_or_else(|| cannot_be_used("one that has changed meanwhile"))?;
    let session = session::find(&mut *app.db.read().await?, &begun.session, app.now()).await?;
    let session = session.ok_or_else(|| cannot_be_used("one that was signed out meanwhile"))?;
    let response = request.give(&session, granted).await?;
    app.metrics.sign_in(METRIC, "done");
    Ok(response)
}

impl<'a> Request<'a> {
    /// Refuses a request that is refused whoever sends it.
    async fn admit(&self) -> Result<(), Error> {
        if maintenance::closed(self.app).is_some() {
            let closed = oidc::error::Error::new(ErrorCode::TemporarilyUnavailable, "a maintenance is under way");
            return Err(closed.into());
        }
        if let Some(bucket) = self.bucket
            && let Err(wait) = limits::mini_app(self.app, bucket).await
        {
            self.app.metrics.sign_in(METRIC, "limited");
            Origin::note(Step::failed("address", limits::OF_ADDRESS));
            return Err(Error::TooMany(wait));
        }
        if upstream::is_disabled(&mut *self.app.db.read().await?, telegram::PROVIDER).await? {
            return Err(self.refused("Telegram is disabled.", Difference::new("provider", "disabled", "enabled")));
        }
        match networks::admits(self.client, self.address) {
            true => Ok(()),
            false => Err(Rule::OfClient.refusal(self.address).into()),
        }
    }

    /// What is granted of what is asked for, as at the authorization endpoint: scope and audience.
    async fn granted(&self, wanted: &MiniApp) -> Result<(ScopeSet, Vec<String>), Error> {
        let (client, issuer, named) = (self.client, self.app.issuer(), &wanted.resources);
        let known = resources::known(self.app).await?;
        resource::requested(named, client, &known.resources, issuer)?;
        let scope = scope_for(&wanted.scope, client, &known.scopes)?;
        let scope = resource::scopes(&scope, named, client, &known.resources, issuer)?;
        let audience = if named.is_empty() { audience(client, &scope, issuer) } else { named.clone() };
        Ok((scope, audience))
    }

    /// Who has opened the Mini App, and of which bot it is.
    fn verified(&self, init_data: &str) -> Result<(&'a DeclaredChannel, Signed), Error> {
        let (channel, signed) = init_data::verify(self.app, &self.client.client_id, init_data).map_err(|wrong| {
            let expected =
                "what Telegram has signed for a bot that has the client among its mini_apps, at most 300 s ago";
            self.refused("init_data is not accepted.", Difference::new("init_data", wrong.to_string(), expected))
        })?;
        Origin::note(Step::passed("init_data", format!("Telegram has signed it for the bot of {}.", channel.name)));
        Ok((channel, signed))
    }

    /// Who here has the account at Telegram, and its row.
    async fn known(&self, channel: &DeclaredChannel, signed: &Signed) -> Result<Option<(User, Id)>, Error> {
        let mut conn = self.app.db.read().await?;
        let account = upstream_account::find(&mut conn, &signed.identity(channel).key()).await?;
        let Some(account) = account else { return Ok(None) };
        Ok(user::find(&mut conn, &account.user_id).await?.map(|user| (user, account.id)))
    }

    /// Refuses what a page would ask first.
    async fn judge(&self, user: &User) -> Result<(), Error> {
        let Self { app, client, address, .. } = *self;
        if user.disabled_at.is_some() {
            return Err(cannot_be_used("one that is disabled"));
        }
        if !networks::admit(app, &user.id, address).await? {
            return Err(Rule::OfRole.refusal(address).into());
        }
        let in_app = InApp::of(app, &user.id, &client.id);
        let demand = second_factor::demand(app, &user.id, Some(client), in_app.browser(), Rigour::Usual).await?;
        if demand != Demand::Nothing {
            return Err(self.needs_page("second factor", "a second factor"));
        }
        match terms::is_due(app, &user.id, app.site.get().terms.as_ref()).await? {
            true => Err(self.needs_page("terms", "the terms of service to be accepted")),
            false => Ok(()),
        }
    }

    /// Makes an account of who has opened the Mini App, if they may have one without being asked anything.
    async fn join(&self, channel: &DeclaredChannel, signed: &Signed) -> Result<(User, Id), Error> {
        let (app, site) = (self.app, self.app.site.get());
        let nobody = |came: &str| {
            let expected = "an account that is linked to it, or one that may be made by it (sign_up, login.sign_up)";
            let error =
                oidc::error::Error::new(ErrorCode::LoginRequired, "Nobody here is known by this Telegram account.");
            Error::from(error.because(Difference::new("account elsewhere", came, expected)))
        };
        // Telegram tells no address, and an invitation cannot be typed here.
        if !channel.sign_up || !Rules::of(app).admits_anonymous() {
            return Err(nobody("one of Telegram that nobody here has linked"));
        }
        if second_factor::is_required_of_new(app, self.client) {
            return Err(self.needs_page("second factor", "a second factor"));
        }
        if site.terms.is_some() {
            return Err(self.needs_page("terms", "the terms of service to be accepted"));
        }
        if let Some(bucket) = self.bucket {
            app.ephemeral.limit(&format!("sign-up:{bucket}"), SIGN_UPS).await.map_err(Error::TooMany)?;
        }
        self.use_up(channel, signed).await?;
        let identity = signed.identity(channel);
        let (language, link) = (site.language_of(identity.locale.as_deref()), to_join(app, &identity).await);
        let applicant = Applicant::by_upstream(user_of(&identity, &language, Vec::new()), link.clone());
        match join(app, applicant).await? {
            Joined::Done(user) => Ok((*user, link.id)),
            Joined::Refused(_) => Err(nobody("one of Telegram, which has no address and no invitation")),
            // Somebody was faster: the same person, in another window.
            Joined::Taken | Joined::NothingToKeep => {
                let known = self.known(channel, signed).await?;
                let (user, account) = known.ok_or_else(|| nobody("one of Telegram that was unlinked meanwhile"))?;
                self.judge(&user).await?;
                Ok((user, account))
            }
        }
    }

    /// Uses up what Telegram has signed: it is a bearer value, and anybody may have seen it.
    async fn use_up(&self, channel: &DeclaredChannel, signed: &Signed) -> Result<(), Error> {
        if signed.use_up(self.app, channel).await? {
            return Ok(());
        }
        let came = "one that was exchanged before, or was signed before this server can know that";
        let difference = Difference::new("init_data", came, "one that was not exchanged");
        Err(self.refused("init_data was used before.", difference))
    }

    /// Makes a grant in a session, and its tokens.
    async fn give(
        &self,
        session: &Session,
        (scope, resources): (ScopeSet, Vec<String>),
    ) -> Result<TokenResponse, Error> {
        let Self { app, client, .. } = *self;
        let now = app.now();
        let grant = Grant {
            id: app.id(),
            user_id: session.user_id.clone(),
            sub: session.sub.clone(),
            client_row: client.id.clone(),
            session_id: session.id.clone(),
            sid: session.sid.clone(),
            resources,
            auth_time: session.auth_time,
            amr: session.amr.clone(),
            acr: session.acr.clone(),
            offline_at: scope.contains(OFFLINE_ACCESS).then_some(now),
            scope,
            created_at: now,
        };
        let (refresh, family) = family::begin(app, client, &grant.id, now).unzip();
        let mut response = issue::for_grant(app, client, &grant, Wanted::default()).await?;
        response.refresh_token = refresh.map(|token| token.expose().to_owned());
        let fresh = now - app.config.tokens.authorization_code;
        match app.db.write(Give { grant, family, fresh }).await? {
            true => Ok(response),
            false => Err(cannot_be_used("one that was signed out meanwhile")),
        }
    }

    /// The refusal of what was sent.
    fn refused(&self, why: &'static str, difference: Difference) -> Error {
        self.app.metrics.sign_in(METRIC, "refused");
        oidc::error::Error::invalid_grant(why).because(difference).into()
    }

    /// The refusal of what needs a page.
    fn needs_page(&self, of: &'static str, what: &str) -> Error {
        self.app.metrics.sign_in(METRIC, "half");
        let why = format!("This takes {what}: open the authorization endpoint.");
        let difference = Difference::new(of, "an account of Telegram alone", what);
        oidc::error::Error::new(ErrorCode::InteractionRequired, why).because(difference).into()
    }
}

/// The refusal of an account.
fn cannot_be_used(came: &str) -> Error {
    let difference = Difference::new("account elsewhere", came, "an account that may be used");
    oidc::error::Error::invalid_grant("The account cannot be used.").because(difference).into()
}

/// Writes a grant with its refresh token; returns whether its session still went on.
#[derive(Clone)]
struct Give {
    grant: Grant,
    /// The hash of the family's handle, and the family.
    family: Option<(TokenHash, Family)>,
    /// The codes of grants made after this time may still be redeemed.
    fresh: Timestamp,
}

impl Change for Give {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<bool> {
        let Self { grant, family, fresh } = self;
        if grant.offline_at.is_some() {
            // The user is locked first, as everywhere: whoever signs this device out meanwhile ends this grant, too.
            user::hold(tx, &grant.user_id).await?;
        }
        if !grant::insert(tx, &grant).await? {
            return Ok(false);
        }
        grant::delete_surplus(tx, &grant.session_id, &grant.client_row, GRANTS, fresh).await?;
        if let Some((handle_hash, family)) = &family {
            refresh_family::insert(tx, handle_hash, family).await?;
        }
        Ok(true)
    }
}
