//! The configuration: one TOML file and the environment, read once, checked as a whole, and then never changed.
//!
//! Each key is declared once, in its section's file below `config/`; `reader` explains what is made of a declaration.

mod channels;
mod clients;
mod contradictions;
mod database;
mod edition;
mod ephemeral;
mod http;
mod issuer;
mod languages;
mod log;
mod login;
mod logo;
mod mail;
mod metrics;
mod outbound;
mod pages;
mod passkeys;
mod problem;
mod provider_mark;
mod reader;
mod reference;
mod role_networks;
mod secrets;
mod settings;
mod source;
mod terms;
mod tls;
mod tokens;
mod traces;
pub mod units;
mod upstreams;
mod value;

use std::path::{Path, PathBuf};

pub use channels::{ChannelKind, DeclaredChannel, LARGEST_TELEGRAM_ID, TelegramEnvironment, Updates};
pub use clients::{DeclaredClient, DeclaredResource, DeclaredScope};
pub use database::{Database, DatabaseUrl};
pub use edition::Edition;
pub use ephemeral::{Ephemeral, RedisUrl};
pub use http::{ForwardedHeader, Http};
pub use issuer::Issuer;
pub use log::{Log, LogFormat, LogLevel};
pub use login::{Login, SecondFactor, SignUp, SignUpChallenge, SignUpIdentifier};
pub use logo::Logo;
pub use mail::Mail;
pub use metrics::Metrics;
pub use outbound::Outbound;
pub use pages::Pages;
pub use passkeys::Passkeys;
pub use problem::{Place, Problem, Problems};
pub use provider_mark::ProviderMark;
pub use reader::Section;
pub(crate) use reader::others_read;
pub use reference::{in_force, reference};
pub use role_networks::RoleNetworks;
pub use secrets::Secrets;
pub use settings::{Config, Top};
pub use terms::Terms;
pub use tls::Tls;
pub use tokens::Tokens;
pub use traces::Traces;
pub use units::Size;
pub use upstreams::{TELEGRAM, Upstream, claim, preset, words};
pub use value::Color;

use reader::Reader;
use source::Sources;

/// The file that is read if it exists and no other is named.
pub const DEFAULT_FILE: &str = "latchkey.toml";

/// A configuration with the warnings about it and the origin of each value.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration itself.
    pub config: Config,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    /// What is allowed but not advisable, for the caller to log.
    pub warnings: Vec<Problem>,
    /// Every key with its value in force, secrets masked, and where it was written.
    pub sections: Vec<Section>,
}

impl Config {
    /// Reads the file and the environment, which takes precedence; returns all problems at once.
    ///
    /// Without a path, [`DEFAULT_FILE`] is read if it exists.
    pub fn load(path: Option<&Path>, env: impl Iterator<Item = (String, String)>) -> Result<Loaded, Problems> {
        let default = Path::new(DEFAULT_FILE);
        let file = path.or_else(|| default.exists().then_some(default));
        let document = match file.map(|file| (file, std::fs::read_to_string(file))) {
            None => None,
            Some((file, Ok(text))) => Some((file, text)),
            Some((file, Err(error))) => {
                let (place, wanted) = (Place::File(file.to_owned()), format!("this file cannot be read: {error}"));
                return Err(Problems(vec![Problem { key: String::new(), place, found: None, wanted }]));
            }
        };
        let mut loaded = Self::read(document.as_ref().map(|(file, text)| (*file, text.as_str())), env)?;
        let changed = file.and_then(|file| std::fs::metadata(file).ok()?.modified().ok());
        if let (Edition::Unknown, Some(changed)) = (loaded.config.edition, changed) {
            loaded.config.edition = Edition::Changed(changed.into());
        }
        Ok(loaded)
    }

    /// Reads this document and the environment.
    pub fn read(
        document: Option<(&Path, &str)>,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Loaded, Problems> {
        let mut sources = Sources::default();
        let unreadable = document.map_or_else(Vec::new, |(file, text)| sources.add_document(file, text));
        if !unreadable.is_empty() {
            return Err(Problems(unreadable));
        }
        sources.add_environment(env);
        let mut reader = Reader::new(sources);
        let mut config = Self::walk(&mut reader);
        reader.finish();
        contradictions::find(&config, &mut reader);
        config.languages = languages::read(&config.pages, &mut reader);
        match reader.problems.is_empty() {
            true => Ok(Loaded {
                config,
                file: document.map(|(file, _)| file.to_owned()),
                warnings: reader.warnings,
                sections: reader.sections,
            }),
            false => Err(Problems(reader.problems)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::PREFIX;
    use crate::jose::Algorithm;
    use proptest::prelude::*;

    fn read(document: &str, env: &[(&str, &str)]) -> Result<Loaded, Problems> {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read(Some((Path::new("latchkey.toml"), document)), env)
    }

    fn problems(document: &str, env: &[(&str, &str)]) -> Vec<String> {
        read(document, env).err().map_or_else(Vec::new, |all| all.0.iter().map(Problem::to_string).collect())
    }

    fn loaded(document: &str, env: &[(&str, &str)]) -> Loaded {
        read(document, env).unwrap_or_else(|problems| panic!("{problems}"))
    }

    #[test]
    fn nothing_written_is_a_good_configuration_without_warnings() {
        let loaded = loaded("", &[]);
        assert_eq!(loaded.warnings, []);
        assert_eq!(loaded.config.issuer.as_str(), "http://localhost:8080");
        assert_eq!(loaded.config.listen().to_string(), "127.0.0.1:8080");
        assert!(matches!(loaded.config.database_url(), DatabaseUrl::Sqlite(path) if path.ends_with("latchkey.db")));
    }

    #[test]
    fn a_short_password_is_advised_against_where_it_can_be_the_only_factor() {
        let warned = |login: &str| {
            let warnings = loaded(&format!("[login]\n{login}"), &[]).warnings;
            warnings.iter().map(Problem::to_string).collect::<Vec<_>>()
        };
        let short = warned("password_min_length = 14");
        assert!(short[0].starts_with("login.password_min_length (latchkey.toml:2): found 14; advised: at least 15"));
        assert_eq!(short.len(), 1, "{short:?}");
        assert_eq!(warned("password_min_length = 14\nsecond_factor = \"administrators\"").len(), 1);
        assert!(warned("password_min_length = 8\nsecond_factor = \"everybody\"").is_empty());
        assert!(warned("password_min_length = 15").is_empty());
    }

    #[test]
    fn the_environment_wins_over_the_file_and_sets_every_type_of_value() {
        let document = "issuer = 'http://localhost:9000'\n[tokens]\naccess_token = '5m'\n[login]\nsign_up = true\n";
        let config = loaded(
            document,
            &[
                ("LATCHKEY__TOKENS__ACCESS_TOKEN", "20m"),
                ("LATCHKEY__HTTP__TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8"),
                ("LATCHKEY__HTTP__EXTRA_HOSTS", "[\"latchkey:8080\"]"),
                ("LATCHKEY__HTTP__BODY_LIMIT", "32 KiB"),
                ("LATCHKEY__LOGIN__PASSWORD_MIN_LENGTH", "12"),
                ("LATCHKEY__LOGIN__SIGN_UP", "false"),
                ("LATCHKEY_PORT", "tcp://10.0.0.1:80"),
            ],
        )
        .config;
        assert_eq!(config.tokens.access_token, units::minutes(20));
        assert_eq!(config.http.trusted_proxies.len(), 2);
        assert_eq!(config.http.extra_hosts, ["latchkey:8080"]);
        assert_eq!(config.http.body_limit, units::Size::kib(32));
        assert_eq!((config.login.password_min_length, config.login.sign_up), (12, SignUp::Closed));
        assert_eq!(config.listen().port(), 9000);
    }

    #[test]
    fn all_problems_are_told_at_once_with_key_place_found_and_allowed() {
        let document = "\
issuer = 'http://id.example.com'
data_dri = 'x'
[tokens]
access_token = '2h'
refresh_idle = 14
acces_token = '5m'
[login]
session_idle = '20d'
[pages]
sign_up = true
";
        let env = [("LATCHKEY__HTTP__LISTEN", "8080"), ("LATCHKEY__LOGIN__SIGNUP", "yes")];
        assert_eq!(
            problems(document, &env),
            [
                "issuer (latchkey.toml:1): found \"http://id.example.com\"; allowed: an https URL (http on localhost, \
                 127.0.0.0/8 and [::1] only)",
                "http.listen (environment LATCHKEY__HTTP__LISTEN): found \"8080\"; allowed: an address and port, such as \
                 \"127.0.0.1:8080\" or \"[::]:8080\"",
                "tokens.access_token (latchkey.toml:4): found \"2h\"; allowed: \"1m\" to \"1h\"",
                "tokens.refresh_idle (latchkey.toml:5): found 14; allowed: a duration with its unit (d, h, m, s, ms), such \
                 as \"10m\"",
                "data_dri (latchkey.toml:2): there is no such key; did you mean data_dir?",
                "pages.sign_up (latchkey.toml:10): there is no such key; did you mean login.sign_up?",
                "tokens.acces_token (latchkey.toml:6): there is no such key; did you mean tokens.access_token?",
                "login.signup (environment LATCHKEY__LOGIN__SIGNUP): there is no such key; did you mean login.sign_up?",
                "login.session_idle (latchkey.toml:8): allowed: at most login.session_absolute",
            ]
        );
    }

    #[test]
    fn who_can_sign_up_is_said_by_a_word_or_as_before_by_true_or_false() {
        let of = |written: &str| loaded(&format!("[login]\nsign_up = {written}"), &[]).config.login.sign_up;
        assert_eq!(["true", "false"].map(of), [SignUp::Open, SignUp::Closed]);
        assert_eq!(["'open'", "'closed'"].map(of), [SignUp::Open, SignUp::Closed]);
        let by_variable = |written| loaded("", &[("LATCHKEY__LOGIN__SIGN_UP", written)]).config.login.sign_up;
        assert_eq!(["true", "open", "false"].map(by_variable), [SignUp::Open, SignUp::Open, SignUp::Closed]);
        assert!(problems("[login]\nsign_up = 1", &[]).join("").contains("one of \"closed\""));
    }

    #[test]
    fn addresses_that_nobody_proves_admit_nobody_by_their_domain() {
        let domains = "[login]\nsign_up_domains = ['northwind.example']\n";
        let alone = problems(domains, &[]).join("");
        assert!(alone.starts_with("login.sign_up_domains (latchkey.toml:2): allowed with [mail] alone"), "{alone}");
        let with_mail = format!("{domains}[mail]\nfrom = 'id@a.example'\ntransports = ['smtp://localhost']");
        assert_eq!(problems(&with_mail, &[]), [""; 0]);
        let by_name = with_mail.replace("[mail]", "sign_up_identifier = 'username'\n[mail]");
        let by_name = problems(&by_name, &[]).join("");
        assert!(by_name.starts_with("login.sign_up_domains (latchkey.toml:2): not allowed with"), "{by_name}");
    }

    #[test]
    fn terms_are_accepted_where_people_can_read_them() {
        let alone = problems("[terms]\nversion = '2026-01'", &[]).join("");
        assert!(alone.starts_with("pages.tos_uri (default): required with terms.version"), "{alone}");
        let whole = "[terms]\nversion = '2026-01'\n[pages]\ntos_uri = 'https://northwind.example/terms'";
        assert_eq!(loaded(whole, &[]).config.terms.version.as_deref(), Some("2026-01"));
    }

    #[test]
    fn a_channel_is_a_bot_whose_kind_decides_what_can_be_set() {
        let token = "bot_token = '1234567890:LATCHKEY-made-up'\n";
        let bot = |more: &str| format!("[[channels]]\nname = 'main'\nkind = 'telegram'\n{more}");
        let config = loaded(&bot(&format!("{token}sign_in = true\nmini_apps = ['app']")), &[]).config;
        // A product's bot has no token here, and Telegram's own provider may be offered beside it.
        let upstream = "[[upstreams]]\nname = 'telegram'\npreset = 'telegram'\nclient_id = '1'\nclient_secret = 'x'\n";
        let approves = bot("username = 'northwind_bot'\nclient = 'bot'\napprovals = true");
        assert_eq!(problems(&format!("{upstream}{approves}"), &[]), Vec::<String>::new());
        let channel = &config.channels[0];
        assert_eq!((channel.label(), channel.bot_id()), ("main", Some(1_234_567_890)));
        assert_eq!((channel.updates, channel.environment), (Updates::None, TelegramEnvironment::Production));
        let without_token = loaded(&bot("bot_id = 7654321098765\nmini_apps = ['app']"), &[]).config;
        assert_eq!(without_token.channels[0].bot_id(), Some(7_654_321_098_765));
        assert_eq!(
            problems("[[channels]]\nname = 'team'\nkind = 'slack'\nclient = 'bot'\nsign_up = true", &[]),
            [""; 0]
        );

        let told = |more: &str| problems(&bot(more), &[]).join("; ");
        let all = [
            ("sign_in = true", "channels.0.bot_token (default): required with sign_in"),
            ("updates = 'polling'", "channels.0.bot_token (default): required with updates"),
            ("client = 'bot'\napprovals = true", "channels.0.username (default): required with approvals"),
            ("username = 'northwind_bot'\napprovals = true", "channels.0.client (default): required with approvals"),
            ("mini_apps = ['app']", "channels.0.bot_id (default): required with mini_apps"),
            (
                &format!("{token}bot_id = 7"),
                "channels.0.bot_id (latchkey.toml:5): allowed: the number that bot_token begins with",
            ),
            (
                &format!("{token}webhook_secret = 'sixteen-or-more-1'"),
                "channels.0.webhook_secret (latchkey.toml:5): allowed with updates",
            ),
            (
                &format!("{token}webhook_secret = 'a'"),
                "channels.0.webhook_secret (latchkey.toml:5): allowed: 16 to 256",
            ),
            (
                "bot_token = '1234567890'",
                "channels.0.bot_token (latchkey.toml:4): allowed: a token as BotFather writes it",
            ),
            (
                "bot_token = '0123:LATCHKEY-made-up'",
                "channels.0.bot_token (latchkey.toml:4): allowed: a token as BotFather writes it",
            ),
            (
                "bot_id = 4503599627370496",
                "channels.0.bot_id (latchkey.toml:4): found 4503599627370496; allowed: 1 to 4503599627370495",
            ),
            (
                "username = '@northwind_bot'",
                "channels.0.username (latchkey.toml:4): found \"@northwind_bot\"; allowed: 5 to 32 letters",
            ),
            ("api = 'api.telegram.org'", "channels.0.api (latchkey.toml:4)"),
        ];
        for (more, begins) in all {
            assert!(told(more).starts_with(begins), "{more}: {}", told(more));
        }
        let secret = told("bot_token = '1234567890:short'");
        assert!(!secret.contains("short"), "a token is not shown: {secret}");
        let twice = problems(&format!("{}{}", bot(token), bot(token)), &[]).join("; ");
        assert!(twice.contains("channels.1.name (latchkey.toml:6): there is another channel of this name"), "{twice}");
        assert!(twice.contains("channels.1.label (default): there is another channel with this label"), "{twice}");
        assert!(
            told("sign_up = true")
                .starts_with("channels.0.sign_up (latchkey.toml:4): allowed with what people come by")
        );
        assert!(twice.contains("channels.1.bot_id (default): there is another channel of this bot"), "{twice}");
        for key in [
            "bot_id = 7",
            token,
            "username = 'northwind_bot'",
            "sign_in = true",
            "environment = 'test'",
            "updates = 'webhook'",
        ] {
            let told = problems(&format!("[[channels]]\nname = 'team'\nkind = 'discord'\n{key}"), &[]).join("; ");
            assert!(told.contains("(latchkey.toml:4): allowed with kind = \"telegram\" alone"), "{key}: {told}");
        }
    }

    #[test]
    fn the_clients_of_a_channel_are_such_as_can_do_what_it_is_for() {
        let of = |channel: &str, client: &str| {
            let bot = "[[channels]]\nname = 'main'\nkind = 'telegram'\nbot_id = 7";
            problems(&format!("{bot}\n{channel}\n[[clients]]\n{client}"), &[]).join("; ")
        };
        let spa = "client_id = 'app'\nkind = 'spa'\nredirect_uris = ['https://app.example/']";
        let service = "client_id = 'app'\nkind = 'service'\nsecrets = ['a-secret-of-thirty-two-characters']";
        assert_eq!(of("mini_apps = ['app', 'one-of-the-database']", &format!("{spa}\nfirst_party = true")), "");
        assert!(
            of("mini_apps = ['app']", spa).starts_with("channels.0.mini_apps (latchkey.toml:5): allowed: clients that")
        );
        assert!(of("mini_apps = ['app']", &format!("{service}\nfirst_party = true")).contains("channels.0.mini_apps"));
        assert_eq!(of("client = 'app'", service), "");
        assert!(
            of("client = 'app'", spa)
                .starts_with("channels.0.client (latchkey.toml:5): allowed: a client with a secret")
        );
    }

    #[test]
    fn sections_and_keys_are_not_taken_for_each_other() {
        assert_eq!(problems("[http]\n[login]\n", &[]), [""; 0]);
        assert_eq!(problems("http = 5", &[]), ["http (latchkey.toml:1): this is a section: [http]"]);
        assert_eq!(problems("clients = 'x'", &[]), ["clients (latchkey.toml:1): these are tables: [[clients]]"]);
        assert_eq!(problems("[htp]", &[]), ["htp (latchkey.toml:1): there is no such key"]);
        assert_eq!(
            problems("[issuer]\nurl = 'x'", &[]),
            ["issuer.url (latchkey.toml:2): issuer is no section but takes an https URL"]
        );
    }

    #[test]
    fn what_is_not_toml_is_told_with_its_line_and_without_its_text() {
        let problems = problems("issuer = 'https://id.example.com'\nmaster_key = \"hunter2\n", &[]).join("\n");
        assert!(problems.starts_with("(latchkey.toml:2): this is not TOML: "), "{problems}");
        assert!(!problems.contains("hunter2"));
    }

    #[test]
    fn what_is_not_advisable_is_a_warning() {
        let loaded = loaded("[tokens]\nid_token = '2h'", &[]);
        let warnings: Vec<_> = loaded.warnings.iter().map(Problem::to_string).collect();
        assert_eq!(warnings, ["tokens.id_token (latchkey.toml:2): found \"2h\"; advised: \"1m\" to \"1h\""]);
    }

    #[test]
    fn a_secret_comes_from_a_file_and_is_never_shown() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("key");
        let key = "C2cBAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4";
        std::fs::write(&file, format!("{key}\n")).unwrap();
        let name = file.to_str().unwrap();
        let by_file = loaded(&format!("[secrets]\nmaster_key_file = '{name}'"), &[]);
        let by_variable = loaded("", &[("LATCHKEY__SECRETS__MASTER_KEY", key)]);
        let warned = |loaded: &Loaded| loaded.warnings.iter().map(Problem::to_string).collect::<String>();
        assert!(
            warned(&by_file).starts_with("secrets.master_key_file (file "),
            "others can read it: {}",
            warned(&by_file)
        );
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert_eq!(warned(&loaded(&format!("[secrets]\nmaster_key_file = '{name}'"), &[])), "");
        let id = |loaded: &Loaded| loaded.config.secrets.master_key.as_ref().map(|key| key.id().to_owned());
        assert!(id(&by_file).is_some());
        assert_eq!(id(&by_file), id(&by_variable));
        assert!(!in_force(&by_variable.sections).contains(key));
        assert!(!format!("{by_variable:?}").contains(key));

        let short = problems("[secrets]\nmaster_key = 'hunter2'", &[]);
        assert_eq!(
            short,
            [
                "secrets.master_key (latchkey.toml:2): allowed: 32 random bytes in base64, as `openssl rand -base64 32` writes them"
            ]
        );
        let both = problems(&format!("[secrets]\nmaster_key = '{key}'\nmaster_key_file = '{name}'"), &[]);
        assert_eq!(
            both,
            ["secrets.master_key_file (latchkey.toml:3): allowed: either this or secrets.master_key, not both"]
        );
        let gone = problems("[secrets]\nmaster_key_file = '/nowhere/key'", &[]).join("");
        assert!(gone.contains("found \"/nowhere/key\"; this file cannot be read"), "{gone}");
    }

    #[test]
    fn postgres_needs_a_master_key_that_was_made_once_for_all_processes() {
        let problems = problems("[database]\nurl = 'postgres://latchkey:hunter2@db/latchkey'", &[]).join("");
        assert!(problems.starts_with("secrets.master_key (default): required with PostgreSQL"), "{problems}");
    }

    #[test]
    fn clients_are_declared_in_the_file_and_their_secrets_beside_it() {
        let document = "\
[[clients]]
client_id = 'shop'
kind = 'web'
redirect_uris = ['https://shop.example.com/callback']
[[clients]]
client_id = 'app'
kind = 'native'
redirect_uris = ['com.example.app:/callback']
[[scopes]]
name = 'roles'
";
        let env = [("LATCHKEY__CLIENTS__0__SECRETS", "a-secret-from-the-environment")];
        let config = loaded(document, &env).config;
        assert_eq!(config.clients.len(), 2);
        assert_eq!(config.clients[0].secrets[0].expose(), "a-secret-from-the-environment");
        assert_eq!(config.scopes[0].name, "roles");

        // A comma may belong to a secret: it never splits one secret in two.
        let several = |text| {
            let env = [("LATCHKEY__CLIENTS__0__SECRETS", text)];
            let secrets =
                |loaded: Loaded| loaded.config.clients[0].secrets.iter().map(|it| it.expose().to_owned()).collect();
            read(document, &env).map(secrets).map_err(|all| all.0.iter().map(Problem::to_string).collect::<String>())
        };
        let with_comma = "0123456789abcdef0123,456789abcdef0123";
        let refused: Result<Vec<String>, String> = several(with_comma);
        assert!(
            refused.as_ref().is_err_and(|why| why.contains("clients.0.secrets") && why.contains("comma")),
            "{refused:?}"
        );
        assert!(refused.is_err_and(|why| !why.contains("0123")), "a secret is not shown");
        let as_in_the_file = format!("['{with_comma}']");
        assert_eq!(several(&as_in_the_file), Ok(vec![with_comma.to_owned()]));
        assert_eq!(several("['0123456789abcdef', 'fedcba9876543210']").unwrap().len(), 2);
        // A short secret causes a warning, and the server starts.
        let warned = |secret| loaded(document, &[("LATCHKEY__CLIENTS__0__SECRETS", secret)]).warnings;
        let warnings = warned("0123456789abcdef0123456789abcde");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].to_string().starts_with("clients.0.secrets"), "{warnings:?}");
        assert_eq!(warned("0123456789abcdef0123456789abcdef"), []);

        let wrong = "[[clients]]\nkind = 'web'\nredirect_uri = 'x'\n[[scopes]]\nname = 'openid'";
        assert_eq!(
            problems(wrong, &[]),
            [
                "clients.0.client_id (default): required: text",
                "clients.0.redirect_uri (latchkey.toml:3): there is no such key; did you mean clients.0.redirect_uris?",
                "clients.0.redirect_uris (default): at least one is needed, for this kind",
                "clients.0.secrets (default): the client \"\" needs one: write it here, or name its file in `secrets_file`",
                "scopes.0.name (latchkey.toml:5): there is another scope of this name",
            ]
        );
    }

    #[test]
    fn a_client_that_gets_tokens_of_a_provider_can_keep_a_secret() {
        let document = "\
[[clients]]
client_id = 'app'
kind = 'native'
redirect_uris = ['com.example.app:/callback']
[[upstreams]]
name = 'google'
preset = 'google'
client_id = 'x'
token_clients = ['not-declared', 'app']
";
        let found =
            ["upstreams.0.token_clients (latchkey.toml:9): allowed: clients with a secret; \"app\" can keep none"];
        assert_eq!(problems(document, &[]), found);
        assert_eq!(problems(&document.replace(", 'app'", ""), &[]), [""; 0]);
    }

    #[test]
    fn what_a_declared_client_lacks_is_told_by_its_name() {
        let document = "\
[[clients]]
client_id = 'shop'
kind = 'web'
redirect_uris = ['https://shop.example.com/callback']
id_token_signed_response_alg = 'ES256'
id_token_claims = false
";
        assert_eq!(
            problems(document, &[]),
            [
                "clients.0.id_token_signed_response_alg (latchkey.toml:5): ES256 is not among tokens.signing_algorithms",
                "clients.0.secrets (default): the client \"shop\" needs one: write it here, or name its file in `secrets_file`",
            ]
        );
        let env = [
            ("LATCHKEY__CLIENTS__0__SECRETS", "a-secret-from-the-environment"),
            ("LATCHKEY__TOKENS__SIGNING_ALGORITHMS", "RS256,ES256"),
        ];
        let metadata = loaded(document, &env).config.clients[0].to_new().metadata;
        assert_eq!((metadata.id_token_signed_response_alg, metadata.id_token_claims), (Some(Algorithm::ES256), false));
    }

    #[test]
    fn the_reference_in_the_docs_is_the_one_in_the_code() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
        let written = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            written == reference(),
            "docs/configuration.md is out of date: cargo run -- config reference > docs/configuration.md"
        );
    }

    #[test]
    fn what_is_in_force_is_itself_a_configuration() {
        let first = loaded("[tokens]\naccess_token = '5m'\n[pages]\nlogo = 'a \"b\" \\c.png'", &[]);
        let text = in_force(&first.sections);
        let second = loaded(&text, &[]);
        assert_eq!(second.config.tokens.access_token, units::minutes(5));
        assert_eq!(second.config.pages.logo, first.config.pages.logo);
    }

    proptest! {
        #[test]
        fn strangers_documents_never_panic(document in "\\PC{0,200}", name in "[A-Z_0-9]{0,20}", value in "\\PC{0,40}") {
            let _ = read(&document, &[(&format!("{PREFIX}{name}"), &value)]);
        }
    }
}
