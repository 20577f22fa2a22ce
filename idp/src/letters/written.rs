//! A letter as it is kept in the outbox: what it is about, in the clear, and what opens something, sealed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::keys::vault::Vault;
use crate::store::origin::Origin;
use crate::store::people::outbox::NewLetter;

/// What a letter says, and opens nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// When what it is about has happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The address that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The `User-Agent` that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// How long its link and its code work, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u64>,
    /// The address that was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The address that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// When what was asked for is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

impl Facts {
    /// What happens now, in this request.
    pub fn of(now: Timestamp, origin: Option<&Origin>) -> Self {
        Self {
            at: Some(now),
            address: origin.map(|origin| origin.address.clone()),
            user_agent: origin.and_then(|origin| origin.user_agent.clone()),
            ..Self::default()
        }
    }
}

/// What opens something, or is for the reader alone. Its `Debug` shows none of it.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// What is typed.
    pub code: Option<Secret>,
    /// What is in the link.
    pub token: Option<Secret>,
    /// The word of the reader, if it was theirs when the letter was written.
    pub word: Option<Secret>,
}

/// How secrets are written before they are sealed.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Plain {
    code: Option<String>,
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    word: Option<String>,
}

/// Where the secrets of a letter are.
fn place(letter: &Id) -> String {
    format!("outbox.sealed.{letter}")
}

impl Secrets {
    /// Opens what was sealed for a letter; `None` if it cannot be opened.
    pub(super) fn open(vault: &Vault, letter: &Id, sealed: Option<&str>) -> Option<Self> {
        let Some(sealed) = sealed else { return Some(Self::default()) };
        let plain: Plain = serde_json::from_slice(&vault.unseal(&place(letter), sealed)?).ok()?;
        let [code, token, word] = [plain.code, plain.token, plain.word].map(|it| it.map(Secret::from));
        Some(Self { code, token, word })
    }

    fn seal(&self, app: &App, letter: &Id) -> String {
        let text = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
        let plain = Plain { code: text(&self.code), token: text(&self.token), word: text(&self.word) };
        let bytes = zeroize::Zeroizing::new(serde_json::to_vec(&plain).unwrap_or_default());
        app.vault.seal(&app.random, &place(letter), &bytes)
    }
}

/// A letter with a link or a code, ready to be written by the change that makes these.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// What kind of letter it is.
    pub kind: Kind,
    /// The address.
    pub recipient: String,
    /// The tag of the language of the page where it was asked for.
    pub language: String,
    /// How long link and code work.
    pub lifetime: Duration,
    id: Id,
    sealed: String,
}

impl Sealed {
    /// Seals a letter; not within a change, since it takes time.
    pub fn new(app: &App, kind: Kind, recipient: &str, language: &str, secrets: &Secrets) -> Self {
        let id = app.id();
        let sealed = secrets.seal(app, &id);
        let (recipient, language) = (recipient.to_owned(), language.to_owned());
        Self { kind, recipient, language, lifetime: Duration::ZERO, id, sealed }
    }

    /// The same letter with links and codes that work this long.
    #[must_use]
    pub fn working_for(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// The letter as a row. It takes the place of earlier ones that are about the same.
    pub fn row(self, user: Option<&Id>, now: Timestamp, origin: Option<&Origin>, first_server: i64) -> NewLetter {
        let facts = Facts { minutes: Some(self.lifetime.as_secs() / 60), ..Facts::of(now, origin) };
        NewLetter {
            about: user.map(|user| about(self.kind, user)),
            user: user.cloned(),
            id: self.id,
            recipient: self.recipient,
            kind: self.kind.as_str(),
            language: Some(self.language),
            data: data(&facts),
            sealed: Some(self.sealed),
            first_server,
            expires_at: now + self.lifetime,
        }
    }
}

/// What letters of a kind to a user are about: of those with links and codes, the newest alone counts.
fn about(kind: Kind, user: &Id) -> String {
    format!("{}:{user}", kind.as_str())
}

/// Facts as they are stored.
pub(super) fn data(facts: &Facts) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(facts) {
        Ok(serde_json::Value::Object(data)) => data,
        _ => serde_json::Map::new(),
    }
}
