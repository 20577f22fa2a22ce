//! Checks of values that are valid alone but not together.

use std::collections::BTreeSet;

use super::clients::DeclaredClient;
use super::database::DatabaseUrl;
use super::login::{SecondFactor, SignUpIdentifier};
use super::problem::Problem;
use super::reader::Reader;
use super::settings::Config;
use super::units::Size;
use crate::oidc::client::metadata::ClientKind;
use crate::oidc::client::registration::{Fault, Member, NewClient};
use crate::oidc::resource::check_identifier;

/// Notes every contradiction.
pub(super) fn find(config: &Config, reader: &mut Reader) {
    let mut refuse = |wrong: bool, key: &str, wanted: &str| {
        if wrong {
            let (place, wanted) = (reader.place(key), wanted.to_owned());
            reader.problems.push(Problem { key: key.to_owned(), place, found: None, wanted });
        }
    };
    of_lifetimes_and_limits(config, &mut refuse);
    of_connections_and_secrets(config, &mut refuse);
    of_clients(config, &mut refuse);
    of_channels(config, &mut refuse);
    of_roles(config, &mut refuse);
    of_resources_and_scopes(config, &mut refuse);
    of_upstreams(config, reader);
    advise(config, reader);
}

fn of_upstreams(config: &Config, reader: &mut Reader) {
    let mut names = BTreeSet::new();
    for (index, upstream) in config.upstreams.iter().enumerate() {
        let mut faults = upstream.faults();
        if !upstream.name.is_empty() && !names.insert(&upstream.name) {
            faults.push(("name", "there is another provider of this name".to_owned()));
        }
        let named = |client: &&DeclaredClient| upstream.token_clients.contains(&client.client_id);
        if let Some(client) = config.clients.iter().filter(named).find(|client| client.to_new().is_public()) {
            let wanted = format!("allowed: clients with a secret; {:?} can keep none", client.client_id);
            faults.push(("token_clients", wanted));
        }
        reader.refuse_all(&format!("upstreams.{index}"), faults);
    }
}

/// The least length of a password that is the only factor: NIST SP 800-63B-4 §3.1.1.2. The least that can be set is that of one beside a
/// second factor.
const ALONE: u32 = 15;

/// Notes what is allowed, and not advisable beside the other values.
fn advise(config: &Config, reader: &mut Reader) {
    let login = &config.login;
    if login.password_min_length < ALONE && login.second_factor != SecondFactor::Everybody {
        let key = "login.password_min_length".to_owned();
        let wanted = format!(
            "advised: at least {ALONE}, unless login.second_factor = \"everybody\": a password is the only factor of whoever has no other \
             one (NIST SP 800-63B-4 §3.1.1.2)"
        );
        let (place, found) = (reader.place(&key), Some(login.password_min_length.to_string()));
        reader.warnings.push(Problem { key, place, found, wanted });
    }
}

/// Notes a key and what it should be, if something is wrong with it.
type Refuse<'a> = &'a mut dyn FnMut(bool, &str, &str);

fn of_lifetimes_and_limits(config: &Config, refuse: Refuse<'_>) {
    let (tokens, login) = (&config.tokens, &config.login);
    refuse(
        tokens.refresh_idle > tokens.refresh_absolute,
        "tokens.refresh_idle",
        "allowed: at most tokens.refresh_absolute",
    );
    refuse(
        tokens.key_publish_ahead >= tokens.key_rotation,
        "tokens.key_publish_ahead",
        "allowed: less than tokens.key_rotation",
    );
    refuse(
        login.session_idle > login.session_absolute,
        "login.session_idle",
        "allowed: at most login.session_absolute",
    );
    refuse(
        login.session_absolute > login.session_remembered,
        "login.session_remembered",
        "allowed: at least login.session_absolute",
    );
    refuse(
        login.argon2_iterations == 1 && login.argon2_memory < Size::mib(46),
        "login.argon2_iterations",
        "allowed: at least 2, or login.argon2_memory of at least 46 MiB",
    );
    refuse(
        login.throttle_free >= login.throttle_close,
        "login.throttle_free",
        "allowed: less than login.throttle_close",
    );
}

fn of_connections_and_secrets(config: &Config, refuse: Refuse<'_>) {
    refuse(
        config.http.header_timeout > config.http.request_timeout,
        "http.header_timeout",
        "allowed: at most http.request_timeout",
    );
    refuse(
        config.http.body_timeout > config.http.request_timeout,
        "http.body_timeout",
        "allowed: at most http.request_timeout",
    );
    refuse(
        config.http.connections_per_address.is_some_and(|share| share > config.http.connections),
        "http.connections_per_address",
        "allowed: at most http.connections",
    );
    refuse(
        config.tls.certificate_file.is_some() != config.tls.key_file.is_some(),
        if config.tls.key_file.is_some() { "tls.certificate_file" } else { "tls.key_file" },
        "required, since the other one is set",
    );
    refuse(
        config.http.proxy_protocol && config.http.trusted_proxies.is_empty(),
        "http.trusted_proxies",
        "required with http.proxy_protocol, which only these proxies may use",
    );
    refuse(
        config.mail.from.is_some() == config.mail.transports.is_empty(),
        if config.mail.from.is_some() { "mail.transports" } else { "mail.from" },
        "required, since the other one is set",
    );
    refuse(
        config.mail.from.is_none() && !config.login.sign_up_domains.is_empty(),
        "login.sign_up_domains",
        "allowed with [mail] alone: without a letter nobody proves that an address is theirs",
    );
    refuse(
        config.login.sign_up_identifier == SignUpIdentifier::Username && !config.login.sign_up_domains.is_empty(),
        "login.sign_up_domains",
        "not allowed with login.sign_up_identifier = \"username\": a username has no domain",
    );
    refuse(
        config.terms.version.is_some() && config.pages.tos_uri.is_none(),
        "pages.tos_uri",
        "required with terms.version, since people read there what they accept",
    );
    let postgres = matches!(config.database_url(), DatabaseUrl::Postgres(_));
    refuse(
        postgres && config.secrets.master_key.is_none(),
        "secrets.master_key",
        "required with PostgreSQL, since every server needs the same one; create it with `openssl rand -base64 32`",
    );
}

fn of_clients(config: &Config, refuse: Refuse<'_>) {
    let mut client_ids = BTreeSet::new();
    let known = config.known();
    for (index, client) in config.clients.iter().enumerate() {
        let key = |name: &str| format!("clients.{index}.{name}");
        let new = client.to_new();
        for Fault { member, why } in new.faults().into_iter().chain(new.not_offered(config.offered(&known))) {
            // A missing identifier has been reported already.
            refuse(member != Member::ClientId || !client.client_id.is_empty(), &key(member.as_str()), &why);
        }
        let (public, secrets) = (new.is_public(), !client.secrets.is_empty());
        refuse(!client_ids.insert(&client.client_id), &key("client_id"), "there is another client of this name");
        refuse(public && secrets, &key("secrets"), "not allowed: this client can keep no secret");
        // Name the client, too: an index alone is hard to find, and the secret may be in an environment variable.
        let missing =
            format!("the client {:?} needs one: write it here, or name its file in `secrets_file`", client.client_id);
        refuse(!public && !secrets, &key("secrets"), &missing);
    }
}

fn of_channels(config: &Config, refuse: Refuse<'_>) {
    let (mut names, mut labels, mut bots) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (index, channel) in config.channels.iter().enumerate() {
        let key = |name: &str| format!("channels.{index}.{name}");
        channel.contradictions(&mut |wrong, name, wanted| refuse(wrong, &key(name), wanted));
        refuse(!names.insert(&channel.name), &key("name"), "there is another channel of this name");
        refuse(
            !labels.insert(channel.label()),
            &key("label"),
            "there is another channel with this label, and people could not tell which is which",
        );
        let bot = channel.bot_id().map(|id| (id, channel.environment.as_str()));
        let is_new = bot.is_none_or(|bot| bots.insert(bot));
        refuse(!is_new, &key("bot_id"), "there is another channel of this bot");
        let declared = |id: &String| config.clients.iter().find(|one| one.client_id == *id).map(DeclaredClient::to_new);
        let runs_it = channel.client.as_ref().and_then(declared);
        refuse(runs_it.is_some_and(|client| client.is_public()), &key("client"), "allowed: a client with a secret");
        let is_app = |client: NewClient| client.first_party && client.kind != ClientKind::Service;
        let are_apps = channel.mini_apps.iter().filter_map(declared).all(is_app);
        let apps =
            "allowed: clients that people sign in to, with first_party = true: nobody is asked for consent there";
        refuse(!are_apps, &key("mini_apps"), apps);
    }
}

fn of_roles(config: &Config, refuse: Refuse<'_>) {
    let mut roles = BTreeSet::new();
    for (index, networks) in config.role_networks.iter().enumerate() {
        let key = |name: &str| format!("role_networks.{index}.{name}");
        refuse(!roles.insert(&networks.role), &key("role"), "there is another rule for this role; write one");
        let rule = networks.rule();
        refuse(rule.admits_nobody(), &key("denied"), "nobody would be admitted: this denies all that is allowed");
        let is_none = rule.allowed.is_empty() && rule.denied.is_empty();
        refuse(is_none, &key("allowed"), "required, unless there is `denied`");
    }
}

fn of_resources_and_scopes(config: &Config, refuse: Refuse<'_>) {
    let known = config.known();
    for (index, resource) in known.resources.iter().enumerate() {
        let before = &known.resources[..index];
        let faults =
            resource.faults(before, &config.own_scopes(), &config.tokens.signing_algorithms, config.issuer.as_str());
        for (member, why) in faults {
            // Errors in a single value have been reported already.
            let told =
                member == "access_token" || member == "identifier" && check_identifier(&resource.identifier).is_err();
            refuse(!told, &format!("resources.{index}.{member}"), &why);
        }
    }
    let mut scopes = BTreeSet::from(["openid", "profile", "email", "address", "phone", "offline_access"]);
    for (index, scope) in config.scopes.iter().enumerate() {
        refuse(!scopes.insert(&scope.name), &format!("scopes.{index}.name"), "there is another scope of this name");
    }
}
