//! `[[upstreams]]`: the providers by whose accounts people can sign in here.

pub mod claim;
pub mod preset;
pub mod words;

use std::collections::BTreeMap;

use claim::{Claim, Condition, RoleRule};
use preset::Preset;
use words::{EmailProof, NonceUse, Protocol, TakenProfile, UpstreamAuthMethod, UserinfoRequest, UserinfoUse};

use super::problem::{Place, Problems};
use super::provider_mark::ProviderMark;
use super::reader::{Reader, Written, each, if_set, rule, section};
use super::source::Sources;
use crate::base::secret::Secret;
use crate::jose::assertion::AssertionKey;
use crate::mail::domain::DomainRule;
use crate::oidc::scope::ScopeSet;

/// The name of the provider whose accounts are Telegram's, in whichever of its forms somebody comes.
pub const TELEGRAM: &str = "telegram";

section! {
    /// Another provider by whose accounts people can sign in here. Register there, as the address that people are sent back to, the
    /// issuer followed by `/upstream/NAME/callback`. docs/upstreams.md goes through it for each of the well-known ones.
    pub struct Upstream("upstreams") {
        /// Its name in addresses and in the database. Accounts that people have linked belong to it, so it stays as it is.
        name: String = String::new(), required(),
            must(rule("1 to 32 lower-case letters, digits and hyphens", |name: &String| is_name(name)));
        /// The provider that it is, if it is a well-known one: all other keys then have its values as their defaults, which
        /// `latchkey upstream presets` shows.
        preset: Option<Preset> = None;
        /// The name that people see.
        label: Option<String> = None, otherwise("the `name`");
        /// The mark on its button; each is drawn in one colour, that of the text.
        mark: Option<ProviderMark> = None, otherwise("that of the issuer's host or of the `name`, or `other`");
        /// How it speaks: `oidc` describes itself (OpenID Connect Discovery) and gives ID tokens; `oauth2` tells at `userinfo_endpoint`
        /// who somebody is.
        protocol: Protocol = Protocol::Oidc;
        /// Its issuer, exactly as it writes it itself. Accounts belong to it, also those of a provider that speaks OAuth 2.0 alone.
        issuer: String = String::new(), required(),
            must(rule("an https URL without a query, such as \"https://accounts.google.com\"", |text: &String| is_issuer(text)));
        /// The issuer of its ID tokens, if that differs between people: `{tid}` stands for the claim of this name, which is a UUID.
        issuer_template: Option<String> = None,
            must(if_set(rule("an https URL with one claim in braces", |text: &String| is_template(text))));
        /// Where people are sent to.
        authorization_endpoint: Option<String> = None, otherwise("what it says about itself"), must(if_set(endpoint()));
        /// Where codes are exchanged.
        token_endpoint: Option<String> = None, otherwise("what it says about itself"), must(if_set(endpoint()));
        /// Where kept tokens are revoked when their account is unlinked (RFC 7009).
        revocation_endpoint: Option<String> = None, otherwise("what it says about itself"), must(if_set(endpoint()));
        /// Where it tells who somebody is.
        userinfo_endpoint: Option<String> = None, otherwise("what it says about itself"), must(if_set(endpoint()));
        /// Latchkey's client identifier at the provider.
        client_id: String = String::new(), required();
        /// Latchkey's client secret there; without one it is a public client.
        client_secret: Option<Secret> = None;
        /// How Latchkey authenticates at the token endpoint. With `apple_jwt`, it signs a secret of its own for each request.
        token_endpoint_auth_method: UpstreamAuthMethod = UpstreamAuthMethod::ClientSecretBasic;
        /// The team that the key of `apple_jwt` belongs to.
        apple_team_id: Option<String> = None;
        /// The name of the key of `apple_jwt`.
        apple_key_id: Option<String> = None;
        /// The key of `apple_jwt`: the file that Apple gives (`AuthKey_….p8`).
        apple_private_key: Option<Secret> = None,
            must(if_set(rule("a P-256 key in PEM (PKCS #8)", |key: &Secret| AssertionKey::from_pem(key.expose()).is_some())));
        /// The scopes that it is asked for, separated by spaces; of `oidc`, `openid` is always one of them.
        scope: ScopeSet = ["openid", "profile", "email"].into_iter().collect();
        /// Whether codes are protected by PKCE (RFC 7636). False only for a provider that refuses it.
        pkce: bool = true;
        /// Whether an ID token has to have the nonce of the request: `if_present` and `never` only for a provider that leaves it out.
        nonce: NonceUse = NonceUse::Required;
        /// Whether its answers must name it (`iss`, RFC 9207). A provider that announces so in its metadata must in any case.
        names_itself: bool = false;
        /// Whether it answers by a form that the browser posts (`response_mode=form_post`).
        form_post: bool = false;
        /// Further parameters of the request, such as `access_type=offline`.
        authorization_parameters: Vec<String> = vec![], must(each(parameter()));
        /// The parameters that ask it to have people prove again who they are.
        again_parameters: Vec<String> = vec!["prompt=login".to_owned(), "max_age=0".to_owned()], must(each(parameter()));
        /// Whether an ID token that answers such a request (`again_parameters`) must have `auth_time`, the moment of that proof.
        auth_time: Option<bool> = None, otherwise("where it announces that claim, or no claims at all");
        /// Parameters of its answer that the token request repeats.
        repeated_parameters: Vec<String> = vec![];
        /// When it is asked at its `userinfo_endpoint`: `if_needed` is where an address is wanted and the ID token has none. `oauth2` always
        /// asks.
        userinfo: UserinfoUse = UserinfoUse::IfNeeded;
        /// How it is asked at its `userinfo_endpoint`: with a header `Authorization: Bearer` or `OAuth`, or by a form with the access token and the `client_id`.
        userinfo_request: UserinfoRequest = UserinfoRequest::Bearer;
        /// Whether Latchkey proves there that it knows the secret (`appsecret_proof`, HMAC-SHA256 of the access token).
        userinfo_proof: bool = false;
        /// The claim there that has to be our `client_id`, so that the token was given to us.
        userinfo_audience: Option<Claim> = None;
        /// Where it lists the addresses of somebody, with `email`, `primary` and `verified` of each.
        emails_endpoint: Option<String> = None, must(if_set(endpoint()));
        /// Where it lists the organisations of somebody; the `login` of each becomes the claim `organizations`.
        organizations_endpoint: Option<String> = None, must(if_set(endpoint()));
        /// The claim that accounts there are known by: it never changes, and nobody else ever gets it. Like every claim here it is a
        /// name, or a JSON pointer such as `/data/id`.
        subject_claim: Claim = Claim::named("sub");
        /// The claims with the name of somebody, the first that is there; several with a space between them are joined.
        name_claims: Vec<String> = vec!["name".to_owned()];
        /// Whether its answer has the name in a form field `user`, which is not signed.
        user_field: bool = false;
        /// The claim with the address of somebody.
        email_claim: Claim = Claim::named("email");
        /// Whether an address counts as proven here: `never`, if `email_verified_claim` says so (`claim`), or `always`. More than `never` only for a
        /// provider that has really sent letters there, or owns the domain. No address ever links an account.
        email_proof: EmailProof = EmailProof::Never;
        /// The claim that says whether the address is verified.
        email_verified_claim: Claim = Claim::named("email_verified");
        /// The claim with the language of somebody.
        locale_claim: Claim = Claim::named("locale");
        /// Who may come at all, now and later: accounts with at least one of these claims, such as `hd=northwind.example`. A claim with several
        /// values has each of them.
        allowed: Vec<Condition> = vec![], otherwise("everybody");
        /// Whether people who have no account here can make one by it, where `login.sign_up` lets them.
        sign_up: bool = true;
        /// The domains of the proven addresses with which people can make one, such as `northwind.example` or `*.northwind.example`.
        sign_up_domains: Vec<DomainRule> = vec![], otherwise("all");
        /// Roles that its claims give, judged at each sign-in, such as `groups=admins -> administrator`. Roles that were given here stay.
        roles: Vec<RoleRule> = vec![];
        /// Whether a person's name and language are taken from it when they make an account by it, or at each sign-in. What was changed
        /// here stays.
        profile: TakenProfile = TakenProfile::Once;
        /// The clients here that may act for people there: they get its access token by a token exchange (RFC 8693). With one, its tokens
        /// are kept, sealed; without, none is.
        token_clients: Vec<String> = vec![];
    }
}

impl Default for Upstream {
    /// One without a name, an issuer and a client, with the defaults for all else.
    fn default() -> Self {
        Self::read(&mut Reader::new(Sources::default()))
    }
}

impl Upstream {
    /// Reads a table of the configuration, the values of its preset under its own.
    pub(super) fn read_one(reader: &mut Reader) -> Self {
        reader.lay_under("upstreams", "preset", |name| {
            Preset::ALL.into_iter().find(|preset| preset.as_str() == name).map(Preset::document)
        });
        Self::read(reader)
    }

    /// One of which nothing is known but the provider that it is.
    fn of_preset(preset: Preset) -> Self {
        let mut sources = Sources::default();
        sources.add_value("upstreams.0.preset", preset.as_str(), Place::Default);
        Reader::new(sources).tables("upstreams", Self::read_one).pop().unwrap_or_default()
    }

    /// The keys whose values are not those of its preset, or the defaults, as they are written in the file; `None` stands for a secret.
    pub fn set_keys(&self) -> Vec<(&'static str, Option<String>)> {
        let bare = self.preset.map_or_else(Self::default, Self::of_preset).written();
        let own = self.written().into_iter().zip(bare);
        let differs = |((key, value, secret), (_, bare, _)): ((&'static str, String, bool), (_, String, _))| {
            let is_set = (value != bare || key == "preset" && !value.is_empty()) && key != "name";
            is_set.then_some((key, (!secret).then_some(value)))
        };
        own.filter_map(differs).collect()
    }

    fn judged(sources: Sources) -> Result<Self, Problems> {
        let mut reader = Reader::new(sources);
        let upstream = reader.tables("upstreams", Self::read_one).pop().unwrap_or_default();
        reader.finish();
        reader.refuse_all("upstreams.0", upstream.faults());
        if reader.problems.is_empty() { Ok(upstream) } else { Err(Problems(reader.problems)) }
    }

    /// Reads one from keys with values that are written as in an environment variable.
    pub fn of_keys(name: &str, keys: &BTreeMap<String, String>) -> Result<Self, Problems> {
        let mut sources = Sources::default();
        for (key, value) in keys {
            sources.add_value(&format!("upstreams.0.{key}"), value, Place::Kept(name.to_owned()));
        }
        sources.add_value("upstreams.0.name", name, Place::Kept(name.to_owned()));
        Self::judged(sources)
    }

    /// All keys: the name, what it is for, and whether it is secret.
    pub fn keys() -> Vec<(&'static str, String, bool)> {
        let mut reader = Reader::describing();
        Self::read(&mut reader);
        let entries = reader.sections.into_iter().flat_map(|section| section.entries);
        entries.map(|entry| (entry.name, entry.about, entry.secret)).collect()
    }

    /// The name that people see.
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }

    /// Whether this provider is a public client there, which proves nothing.
    pub fn is_public(&self) -> bool {
        self.client_secret.is_none() && self.token_endpoint_auth_method != UpstreamAuthMethod::AppleJwt
    }

    /// The mark on its button.
    pub fn mark(&self) -> ProviderMark {
        self.mark.unwrap_or_else(|| ProviderMark::of(&self.name, &self.issuer))
    }

    /// The issuers of its accounts: one, or a template with `{` and `}`.
    pub fn issuers(&self) -> &str {
        self.issuer_template.as_deref().unwrap_or(&self.issuer)
    }

    /// What is valid alone but not together: the key, and what is wanted.
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let mut refuse = |wrong: bool, key: &'static str, wanted: &str| {
            if wrong {
                faults.push((key, wanted.to_owned()));
            }
        };
        if self.protocol == Protocol::Oauth2 {
            let wanted = "required with protocol = \"oauth2\", which does not describe itself";
            refuse(self.authorization_endpoint.is_none(), "authorization_endpoint", wanted);
            refuse(self.token_endpoint.is_none(), "token_endpoint", wanted);
            refuse(self.userinfo_endpoint.is_none(), "userinfo_endpoint", wanted);
            refuse(self.issuer_template.is_some(), "issuer_template", "allowed with protocol = \"oidc\" alone");
        }
        let signs = self.token_endpoint_auth_method == UpstreamAuthMethod::AppleJwt;
        let wanted = "required with token_endpoint_auth_method = \"apple_jwt\", and allowed with it alone";
        refuse(self.apple_team_id.is_some() != signs, "apple_team_id", wanted);
        refuse(self.apple_key_id.is_some() != signs, "apple_key_id", wanted);
        refuse(self.apple_private_key.is_some() != signs, "apple_private_key", wanted);
        let wanted =
            "not allowed with token_endpoint_auth_method = \"apple_jwt\", whose secret is signed for each request";
        refuse(signs && self.client_secret.is_some(), "client_secret", wanted);
        let wanted = "required with userinfo_proof, which proves that the secret is known";
        refuse(self.userinfo_proof && self.client_secret.is_none(), "client_secret", wanted);
        let proves = self.email_proof != EmailProof::Never;
        let wanted = "allowed with email_proof alone: no other address says where somebody belongs";
        refuse(!self.sign_up_domains.is_empty() && !proves, "sign_up_domains", wanted);
        // Their accounts come by other ways, too, and are the same ones.
        let is_telegram = self.preset == Some(Preset::Telegram);
        let wanted = "telegram is the name of the preset \"telegram\", and of no other provider";
        refuse(is_telegram != (self.name == TELEGRAM), "name", wanted);
        faults
    }
}

/// Whether a text can be the name of a provider or of a channel.
pub(super) fn is_name(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(is_word)
}

/// Whether a text can be an issuer: Core §2. Without https only on this machine, as for our own.
fn is_issuer(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| is_protected(&url) && url.query().is_none() && url.fragment().is_none())
}

fn is_template(text: &str) -> bool {
    claim::parts(text).is_some_and(|(before, name, after)| {
        !name.is_empty() && !after.contains(['{', '}']) && is_issuer(&format!("{before}x{after}"))
    })
}

/// An address of a provider.
fn endpoint() -> super::reader::Rule<String> {
    rule("an https URL", |text: &String| {
        url::Url::parse(text).is_ok_and(|url| is_protected(&url) && url.fragment().is_none())
    })
}

fn is_protected(url: &url::Url) -> bool {
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.username().is_empty() && (url.scheme() == "https" || url.scheme() == "http" && is_here)
}

/// The names of parameters that are ours alone.
const OURS: [&str; 9] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

fn parameter() -> super::reader::Rule<String> {
    rule("a name, = and a value, and not a parameter that Latchkey sets itself", |text: &String| {
        text.split_once('=').is_some_and(|(name, _)| !name.is_empty() && !OURS.contains(&name))
    })
}
