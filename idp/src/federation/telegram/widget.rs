//! What the login widget, and buttons with a `login_url`, say about who has pressed them:
//! <https://core.telegram.org/widgets/login-legacy>, Bot API, type `LoginUrl`.

use serde_json::Value;
use url::Url;

use super::Signed;
use super::fields::Fields;
use super::person::Person;
use super::signature::is_signed_with;
use super::wrong::Wrong;
use crate::app::App;
use crate::base::clock::{SKEW, Timestamp};
use crate::base::encoding::{from_base64url, sha256};
use crate::base::secret::Secret;
use crate::base::token::CookieSecret;
use crate::config::{DeclaredChannel, Upstream};
use crate::federation::identity::Identity;
use crate::federation::refusal::Refusal;
use crate::federation::round_trip::{self, RoundTrip, Wish};
use crate::oidc::params::{form_decode, form_encode};
use crate::site::page::Page;

/// Where the widget's own button leads.
const TELEGRAM: &str = "https://oauth.telegram.org/auth";

/// What is signed, beside `hash`. Another name is none of Telegram's: whoever has added it wants something else to be read.
const NAMES: [&str; 6] = ["auth_date", "first_name", "id", "last_name", "photo_url", "username"];

/// What has come of the login widget.
#[derive(Clone, PartialEq, Eq)]
pub struct Said(Fields);

impl Said {
    /// Reads it from a query, from which our own parameters were taken.
    pub fn of_query(query: &str) -> Result<Self, Wrong> {
        Fields::parse(query).map(Self)
    }

    /// The same as a query.
    pub fn written(&self) -> String {
        form_encode(self.0.iter())
    }

    /// Reads it from the fragment to which Telegram sends back: JSON in base64url. `None` if the person did not want to.
    pub fn of_fragment(result: &str) -> Result<Option<Self>, Wrong> {
        if result == "false" {
            return Ok(None);
        }
        let unreadable = Wrong::Unreadable("tgAuthResult is no JSON in base64url");
        let json = from_base64url(result.trim_end_matches('=')).ok_or(unreadable.clone())?;
        // Read by hand, since a map would keep the last of two values.
        let Ok(Written(pairs)) = serde_json::from_slice::<Written>(&json) else {
            return if json == b"false" { Ok(None) } else { Err(unreadable) };
        };
        Fields::of(pairs).map(|fields| Some(Self(fields)))
    }

    /// Who has pressed it, by the token of the bot that it was made for.
    pub fn verify(self, token: &Secret, now: Timestamp) -> Result<Signed, Wrong> {
        let Self(mut fields) = self;
        let hash = fields.take("hash")?;
        if let Some(name) = fields.unknown(&NAMES) {
            return Err(Wrong::Unknown(name.to_owned()));
        }
        let text = fields.check_string();
        if !is_signed_with(&sha256(token.expose().as_bytes()), &text, &hash) {
            return Err(Wrong::Forged);
        }
        let at = fields.signed_at(now)?;
        let person = Person {
            id: Person::id_of(fields.get("id")?)?,
            first_name: fields.text("first_name").map(str::to_owned),
            last_name: fields.text("last_name").map(str::to_owned),
            username: fields.text("username").map(str::to_owned),
            language: None,
        };
        Ok(Signed { person, at, text })
    }
}

/// The members of a JSON object as text, in their order, each as often as it is there.
struct Written(Vec<(String, String)>);

impl<'de> serde::Deserialize<'de> for Written {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> serde::de::Visitor<'de> for Members {
            type Value = Written;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of texts and whole numbers")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
                let mut pairs = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    let text = match value {
                        Value::String(text) => text,
                        // As PHP writes it into the text that is signed.
                        Value::Number(number) if number.is_u64() => number.to_string(),
                        _ => return Err(serde::de::Error::custom("neither a text nor a whole number")),
                    };
                    pairs.push((name, text));
                }
                Ok(Written(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// What Telegram, or anybody else, has added to our address.
#[derive(Clone)]
pub struct Came {
    /// Our own `state`, with which somebody has set out.
    pub state: Option<String>,
    /// What belongs into the fragment: some browsers within applications move it.
    pub result: Option<String>,
    /// What is signed.
    pub signed: Option<Said>,
}

impl Came {
    /// Of a query.
    pub fn of(query: &str) -> Result<Self, Wrong> {
        let (mut state, mut result, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let own = match form_decode(name.as_bytes()).as_deref() {
                Some("state") => &mut state,
                Some("tgAuthResult") => &mut result,
                _ => {
                    rest.push(pair);
                    continue;
                }
            };
            let value = form_decode(value.as_bytes()).ok_or(Wrong::Unreadable("a part of it is no text"))?;
            if own.replace(value).is_some() {
                return Err(Wrong::Repeated(name.to_owned()));
            }
        }
        let signed = if rest.is_empty() { None } else { Some(Said::of_query(&rest.join("&"))?) };
        Ok(Self { state, result, signed })
    }
}

/// The path below our issuer to which Telegram sends back, and to which a `login_url` of the bot leads.
pub fn path(channel: &DeclaredChannel) -> String {
    Page::TelegramCallback.path().replace("{channel}", &channel.name)
}

/// Sets out: returns the address at Telegram.
pub async fn set_out(
    app: &App,
    upstream: &Upstream,
    channel: &DeclaredChannel,
    browser: &CookieSecret,
    wish: Wish<'_>,
) -> Result<String, Refusal> {
    let bot = channel.bot_id().ok_or_else(|| Refusal::wrong("the bot has no token"))?;
    let state = app.random.name::<32>();
    round_trip::keep(app, &state, &RoundTrip::begin(app, upstream, browser, wish)).await?;
    let mut url = Url::parse(TELEGRAM).map_err(Refusal::wrong)?;
    url.query_pairs_mut()
        .append_pair("bot_id", &bot.to_string())
        .append_pair("origin", app.config.issuer.origin())
        .append_pair("return_to", &format!("{}?state={state}", app.config.issuer.url(&path(channel))));
    Ok(url.into())
}

/// Verifies what has come, without using it up.
pub fn read(app: &App, channel: &DeclaredChannel, said: Said) -> Result<Signed, Refusal> {
    let token = channel.bot_token.as_ref().ok_or_else(|| Refusal::wrong("the bot has no token"))?;
    said.verify(token, app.now()).map_err(Refusal::wrong)
}

/// Who has come: what they bring is used up. Whoever has set out here brings what was signed since.
pub async fn arrive(
    app: &App,
    channel: &DeclaredChannel,
    trip: Option<&RoundTrip>,
    said: Result<Option<Said>, Wrong>,
) -> Result<Identity, Refusal> {
    let said = said.map_err(Refusal::wrong)?.ok_or_else(|| Refusal::Denied("no".to_owned()))?;
    let signed = read(app, channel, said)?;
    if trip.is_some_and(|trip| signed.at < trip.began_at - SKEW) {
        return Err(Refusal::wrong("it was signed before this browser has set out"));
    }
    if !signed.use_up(app, channel).await? {
        return Err(Refusal::wrong("it was used before, or was signed before this server can know that"));
    }
    Ok(signed.identity(channel))
}
