//! The state that all request handlers share.

use std::ops::Deref;
use std::sync::Arc;

use tokio_util::task::TaskTracker;

use crate::audit::remembered::Remembered;
use crate::base::clock::{Clock, Timestamp};
use crate::base::id::Id;
use crate::base::random::Random;
use crate::base::seal::SealingKey;
use crate::clients::remembered::RememberedClients;
use crate::config::Config;
use crate::federation::remembered::Remembered as RememberedUpstreams;
use crate::hashing::Hashing;
use crate::keys::signing::Keys;
use crate::keys::vault::Vault;
use crate::mail::mailer::Mailer;
use crate::mail::stop::Stop;
use crate::metrics::{Metrics, Watched};
use crate::notices::Notices;
use crate::outbound::Outbound;
use crate::resources::remembered::RememberedResources;
use crate::site::PresentSite;
use crate::site::maintenance::PresentMaintenance;
use crate::site::page::Page;
use crate::store::db::Db;
use crate::store::ephemeral::Ephemeral;
use crate::tokens::grant_name::GrantNames;

/// All that a request needs, passed in and never global.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] consists of.
pub struct Parts {
    /// The configuration.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// When the database was last restored: everything issued before is invalid.
    pub epoch: Timestamp,
    /// The store for data whose loss costs only a retry.
    pub ephemeral: Ephemeral,
    /// What seals secrets.
    pub vault: Vault,
    /// The signing keys.
    pub keys: Keys,
    /// What grants are called in tokens.
    pub grant_names: GrantNames,
    /// The place where passwords are hashed.
    pub hashing: Hashing,
    /// Where letters go.
    pub mailer: Mailer,
    /// What fetches from other servers.
    pub outbound: Outbound,
    /// What letters under way do when this process is told to stop.
    pub stop: Stop,
    /// The id of this process among those on the database.
    pub process: Id,
    /// The clock.
    pub clock: Clock,
    /// The random source.
    pub random: Random,
    /// The metrics.
    pub metrics: Metrics,
    /// Where the audit log ended when this process last looked.
    pub audit: Remembered,
    /// The notices that the operator has already received.
    pub notices: Notices,
    /// The clients that recent requests have used.
    pub remembered_clients: RememberedClients,
    /// The resources as they were last read.
    pub remembered_resources: RememberedResources,
    /// What other providers have said about themselves.
    pub upstreams: RememberedUpstreams,
    /// What all pages share.
    pub site: PresentSite,
    /// Whether people are kept out.
    pub maintenance: PresentMaintenance,
    /// What binds forms to browsers.
    pub csrf: SealingKey,
    /// What seals interactions.
    pub interactions: SealingKey,
    /// The work of requests that continues after their connections are closed.
    pub requests: TaskTracker,
}

impl App {
    /// The whole from its parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    /// What the metrics read when they are scraped.
    pub fn watched(&self) -> Watched<'_> {
        Watched {
            hashing: &self.hashing,
            db: &self.db,
            ephemeral: &self.ephemeral,
            keys: &self.keys,
            signing_algorithms: &self.config.tokens.signing_algorithms,
            now: self.now(),
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new row's id.
    pub fn id(&self) -> Id {
        Id::new(&self.clock, &self.random)
    }

    /// Whether people can sign in by a letter.
    pub fn offers_mail_sign_in(&self) -> bool {
        self.mailer.is_on() && self.config.login.mail_sign_in
    }

    /// The URL of a page.
    pub fn url(&self, page: Page) -> String {
        self.config.issuer.url(page.path())
    }

    /// The issuer: OIDC Core §2.
    pub fn issuer(&self) -> &str {
        self.config.issuer.as_str()
    }
}
