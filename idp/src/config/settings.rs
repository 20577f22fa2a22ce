//! The whole configuration as one value.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::channels::DeclaredChannel;
use super::clients::{DeclaredClient, DeclaredResource, DeclaredScope};
use super::database::{Database, DatabaseUrl};
use super::edition::Edition;
use super::ephemeral::Ephemeral;
use super::http::Http;
use super::issuer::Issuer;
use super::log::Log;
use super::login::Login;
use super::mail::Mail;
use super::metrics::Metrics;
use super::outbound::Outbound;
use super::pages::Pages;
use super::passkeys::Passkeys;
use super::reader::{Reader, section};
use super::role_networks::RoleNetworks;
use super::secrets::Secrets;
use super::source::Sources;
use super::terms::Terms;
use super::tls::Tls;
use super::tokens::Tokens;
use super::traces::Traces;
use super::units;
use super::upstreams::Upstream;
use crate::base::language_file::LanguageFile;
use crate::oidc::client::registration::Offered;
use crate::oidc::resource::Known;
use crate::oidc::scope::{CHANNEL_REGISTER, ScopeSet};

section! {
    /// Who this provider is, and where it keeps its files.
    pub struct Top("") {
        /// The URL that names this provider and begins all its addresses; https, except on loopback.
        issuer: Issuer = Issuer::localhost(8080);
        /// The directory for the database, the master key and other files; it is created if it does not exist.
        data_dir: PathBuf = PathBuf::from("latchkey-data");
        /// A number to raise with each change of the declared clients and resources: a server with a lower number
        /// does not undo what one with a higher number has declared.
        edition: Option<u32> = None, otherwise("the time at which the file was last changed");
    }
}

/// Everything that can be configured, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The URL that names this provider and begins all its addresses.
    pub issuer: Issuer,
    /// The directory for the database, the master key and what else is kept.
    pub data_dir: PathBuf,
    /// Tells which of two configurations is newer.
    pub edition: Edition,
    /// Where and how connections are taken.
    pub http: Http,
    /// Connections that are encrypted by Latchkey itself.
    pub tls: Tls,
    /// Where everything is kept.
    pub database: Database,
    /// The store for data that may be lost.
    pub ephemeral: Ephemeral,
    /// What seals secrets at rest.
    pub secrets: Secrets,
    /// How long what is issued lives, and what signs it.
    pub tokens: Tokens,
    /// How people sign in.
    pub login: Login,
    /// How letters are sent.
    pub mail: Mail,
    /// What is fetched from other servers.
    pub outbound: Outbound,
    /// The domain that passkeys belong to.
    pub passkeys: Passkeys,
    /// How the hosted pages look and speak.
    pub pages: Pages,
    /// The terms that people accept.
    pub terms: Terms,
    /// The language files of the operator, checked.
    pub languages: Vec<LanguageFile>,
    /// The log.
    pub log: Log,
    /// The endpoints for monitoring.
    pub metrics: Metrics,
    /// What is sent to a collector of traces.
    pub traces: Traces,
    /// Clients that are declared here and not kept in the database.
    pub clients: Vec<DeclaredClient>,
    /// Scopes besides the standard ones.
    pub scopes: Vec<DeclaredScope>,
    /// Resources that access tokens can be for.
    pub resources: Vec<DeclaredResource>,
    /// The providers by whose accounts people can sign in.
    pub upstreams: Vec<Upstream>,
    /// The bots of messengers by which people come here.
    pub channels: Vec<DeclaredChannel>,
    /// From where the people of some roles may use their accounts.
    pub role_networks: Vec<RoleNetworks>,
}

impl Config {
    /// The defaults with this issuer and the cheapest hashing, for tests.
    pub fn for_test(issuer: Issuer) -> Self {
        let mut config = Self { issuer, ..Self::default() };
        config.login.argon2_memory = units::Size::kib(8);
        config.login.argon2_iterations = 1;
        config
    }

    pub(super) fn walk(reader: &mut Reader) -> Self {
        let Top { issuer, data_dir, edition } = Top::read(reader);
        Self {
            issuer,
            data_dir,
            edition: edition.map_or(Edition::Unknown, Edition::Numbered),
            http: Http::read(reader),
            tls: Tls::read(reader),
            database: Database::read(reader),
            ephemeral: Ephemeral::read(reader),
            secrets: Secrets::read(reader),
            tokens: Tokens::read(reader),
            login: Login::read(reader),
            mail: Mail::read(reader),
            outbound: Outbound::read(reader),
            passkeys: Passkeys::read(reader),
            pages: Pages::read(reader),
            terms: Terms::read(reader),
            languages: Vec::new(),
            log: Log::read(reader),
            metrics: Metrics::read(reader),
            traces: Traces::read(reader),
            clients: reader.tables("clients", DeclaredClient::read),
            scopes: reader.tables("scopes", DeclaredScope::read),
            resources: reader.tables("resources", DeclaredResource::read),
            upstreams: reader.tables("upstreams", Upstream::read_one),
            channels: reader.tables("channels", DeclaredChannel::read),
            role_networks: reader.tables("role_networks", RoleNetworks::read),
        }
    }

    /// The scopes that exist without resources: the standard ones, and those that are declared here.
    pub fn own_scopes(&self) -> ScopeSet {
        let registers = self.channels.iter().any(|channel| channel.sign_up).then_some(CHANNEL_REGISTER);
        ScopeSet::standard().union(&self.scopes.iter().map(|scope| scope.name.as_str()).chain(registers).collect())
    }

    /// What clients of this file may name: the scopes and resources of the same file.
    pub fn known(&self) -> Known {
        Known::new(self.own_scopes(), self.resources.iter().map(DeclaredResource::to_resource).collect())
    }

    /// What clients can have at this provider.
    pub fn offered<'a>(&'a self, known: &'a Known) -> Offered<'a> {
        Offered { known, algorithms: &self.tokens.signing_algorithms }
    }

    /// The database, written or by default.
    pub fn database_url(&self) -> DatabaseUrl {
        let default = || DatabaseUrl::Sqlite(self.data_dir.join("latchkey.db"));
        self.database.url.clone().unwrap_or_else(default)
    }

    /// The address to listen on; by default loopback, at the port of an http issuer or else at 8080.
    pub fn listen(&self) -> SocketAddr {
        let port = if self.issuer.is_https() { 8080 } else { self.issuer.port() };
        self.http.listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, port).into())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::walk(&mut Reader::new(Sources::default()))
    }
}
