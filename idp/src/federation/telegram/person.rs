//! A person of Telegram.

use serde_json::Value;

use super::wrong::Wrong;
use crate::config::LARGEST_TELEGRAM_ID;

/// The longest name that is kept, in characters.
const LONGEST: usize = 256;

/// A person of Telegram, as it has just described them. All but the id changes, and may be another person's tomorrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their identifier: the same for all bots.
    pub id: u64,
    /// Their first name.
    pub first_name: Option<String>,
    /// Their last name.
    pub last_name: Option<String>,
    /// Their username, without `@`.
    pub username: Option<String>,
    /// The language of their app: an IETF tag.
    pub language: Option<String>,
}

impl Person {
    /// An identifier as text: one way to write each.
    pub(super) fn id_of(text: &str) -> Result<u64, Wrong> {
        let is_number = !text.starts_with('0') && text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_digit());
        let id = text.parse().ok().filter(|_| is_number).filter(|id| (1..=LARGEST_TELEGRAM_ID).contains(id));
        id.ok_or(Wrong::Unreadable("id is none of Telegram's"))
    }

    /// A `WebAppUser`, or a `User` of the Bot API, in JSON.
    pub(super) fn of_json(json: &str) -> Result<Self, Wrong> {
        let user: Value = serde_json::from_str(json).map_err(|_| Wrong::Unreadable("user is no JSON"))?;
        if user.get("is_bot").is_some_and(|it| *it != Value::Bool(false)) {
            return Err(Wrong::Bot);
        }
        let id = user.get("id").and_then(Value::as_u64).map(|id| id.to_string()).unwrap_or_default();
        let text = |name: &str| user.get(name).and_then(Value::as_str).filter(|it| !it.is_empty()).map(str::to_owned);
        Ok(Self {
            id: Self::id_of(&id)?,
            first_name: text("first_name"),
            last_name: text("last_name"),
            username: text("username"),
            language: text("language_code"),
        })
    }

    /// What they are called, if that can be kept.
    pub fn name(&self) -> Option<String> {
        let words: Vec<_> = [&self.first_name, &self.last_name].into_iter().flatten().map(|word| word.trim()).collect();
        let name = words.join(" ").trim().to_owned();
        let fits = !name.is_empty() && name.chars().count() <= LONGEST && !name.contains(char::is_control);
        fits.then_some(name)
    }
}
