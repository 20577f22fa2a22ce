//! Telegram, as far as it signs who somebody is.

use latchkey::base::encoding::{base64url, sha256};
use latchkey::base::hmac::hmac_sha256;
use latchkey::config::{ChannelKind, Config, DeclaredChannel};
use latchkey::federation::telegram;
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::store::people::upstream_account::{self, NewUpstreamAccount};
use serde_json::{Value, json};

use super::app::{TestApp, made_up};
use super::http::{Reply, form_encode};
use super::relying_party::RelyingParty;

/// The token of the bot that a test declares.
pub const BOT_TOKEN: &str = "1234567890:LATCHKEY-made-up";

/// The grant of Mini Apps.
pub const MINI_APP_GRANT: &str = "urn:latchkey:params:oauth:grant-type:telegram-init-data";

/// A bot of Telegram that can do all that one can.
pub fn bot() -> DeclaredChannel {
    DeclaredChannel {
        name: "main".to_owned(),
        label: Some("Northwind bot".to_owned()),
        kind: ChannelKind::Telegram,
        sign_up: true,
        bot_token: Some(BOT_TOKEN.into()),
        mini_apps: vec!["mini".to_owned()],
        sign_in: true,
        ..DeclaredChannel::default()
    }
}

/// Signs as Telegram does for the bot with this token.
#[derive(Clone, Copy)]
pub struct Telegram<'a> {
    pub token: &'a str,
    pub now: i64,
}

impl<'a> Telegram<'a> {
    /// At the present time of a provider.
    pub fn at(app: &TestApp) -> Self {
        Self { token: BOT_TOKEN, now: app.app.now().seconds() }
    }

    /// The hash of these fields, under the key that the token makes.
    fn hash(key: &[u8], fields: &[(String, String)]) -> String {
        let mut lines: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        lines.sort();
        hmac_sha256(key, lines.join("\n").as_bytes()).unwrap().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What a Mini App is given about who has opened it.
    pub fn init_data(&self, user: &Value) -> String {
        self.init_data_with(&[("user", &user.to_string())])
    }

    /// The same with other fields than the user's alone.
    pub fn init_data_with(&self, fields: &[(&str, &str)]) -> String {
        let key = hmac_sha256(b"WebAppData", self.token.as_bytes()).unwrap();
        self.signed(&key, fields)
    }

    /// The query with which the login widget, or a button with a `login_url`, leads to an address.
    pub fn widget(&self, fields: &[(&str, &str)]) -> String {
        self.signed(&sha256(self.token.as_bytes()), fields)
    }

    /// The fragment in which the login widget answers without its script.
    pub fn fragment(&self, fields: &[(&str, &str)]) -> String {
        let query = self.widget(fields);
        let members = url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
            let is_number = name == "id" || name == "auth_date";
            let value = if is_number { json!(value.parse::<u64>().unwrap()) } else { json!(value) };
            (name.into_owned(), value)
        });
        base64url(Value::Object(members.collect()).to_string().as_bytes())
    }

    fn signed(&self, key: &[u8], fields: &[(&str, &str)]) -> String {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut fields: Vec<_> = fields.iter().map(owned).collect();
        fields.push(("auth_date".to_owned(), self.now.to_string()));
        let hash = Self::hash(key, &fields);
        fields.push(("hash".to_owned(), hash));
        let pairs: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form_encode(&pairs)
    }
}

/// Ann, as Telegram describes her to a Mini App.
pub fn ann() -> Value {
    json!({ "id": 987_654_321, "first_name": "Анна", "last_name": "Ex", "username": "ann_ex", "language_code": "ru", "is_premium": true })
}

impl TestApp {
    /// A provider with a bot, and whatever else a test wants.
    pub async fn with_bot(change: impl FnOnce(&mut Config)) -> Self {
        let app = Self::with(|config| {
            config.login.sign_up = latchkey::config::SignUp::Open;
            config.channels.push(bot());
            change(config);
        })
        .await;
        // Telegram writes whole seconds, and what was signed in the one in which the provider started may have been used before.
        app.clock.advance(super::app::seconds(1));
        app
    }

    /// The Mini App of the bot: a public client of the operator.
    pub async fn mini_app(&self) -> RelyingParty {
        self.client(ClientKind::Spa, |new| {
            (new.client_id, new.first_party) = (Some("mini".to_owned()), true);
        })
        .await
    }
}

impl RelyingParty {
    /// Exchanges what Telegram has given to a Mini App.
    pub async fn open(&self, init_data: &str) -> Reply {
        self.open_for("openid profile offline_access", init_data).await
    }

    pub async fn open_for(&self, scope: &str, init_data: &str) -> Reply {
        self.post("/token", &[("grant_type", MINI_APP_GRANT), ("init_data", init_data), ("scope", scope)]).await
    }
}

impl TestApp {
    /// Links an account of Telegram to somebody, who has proven both before.
    pub async fn link_telegram(&self, person: &str, id: u64) {
        let user = self.user(person).await;
        let new = NewUpstreamAccount {
            id: self.app.id(),
            key: telegram::key(&bot(), id),
            shown_as: None,
            joins: false,
            taken: None,
            tokens: None,
        };
        let now = self.app.now();
        let link = made_up(move |tx| {
            let (user, new) = (user.id.clone(), new.clone());
            Box::pin(async move { upstream_account::insert(tx, &user, &new, now).await.map(drop) })
        });
        self.app.db.write(link).await.unwrap();
    }
}
