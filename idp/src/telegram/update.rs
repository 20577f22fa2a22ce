//! What a bot is told: updates, of which only what is needed is read. <https://core.telegram.org/bots/api#update>

use serde::Deserialize;
use serde_json::Value;

/// What has happened. Everything but messages and buttons is left out when updates are asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct Update {
    /// Its number. The numbers of one bot go up, but begin anywhere after a quiet week.
    pub update_id: i64,
    /// Somebody has written.
    pub message: Option<Message>,
    /// Somebody has pressed a button.
    pub callback_query: Option<CallbackQuery>,
}

impl Update {
    /// Reads an update. One that cannot be read has its number alone: otherwise it would come again and again. `None` without a number.
    pub fn read(told: Value) -> Option<Self> {
        let update_id = told.get("update_id")?.as_i64()?;
        let unknown = Self { update_id, message: None, callback_query: None };
        Some(serde_json::from_value(told).unwrap_or(unknown))
    }
}

/// A message.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// Its number in its chat.
    pub message_id: i64,
    /// Where it is.
    pub chat: Chat,
    /// Who has written it; nobody in a channel.
    pub from: Option<User>,
    /// What it says.
    pub text: Option<String>,
}

/// A chat.
#[derive(Clone, Debug, Deserialize)]
pub struct Chat {
    /// Its number; that of its person in a private chat, negative in a group.
    pub id: i64,
    /// `private`, or a kind with several people.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Somebody at Telegram.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    /// Their number, which never changes.
    pub id: i64,
    /// Whether it is a bot.
    #[serde(default)]
    pub is_bot: bool,
    /// What they call themselves.
    #[serde(default)]
    pub first_name: String,
    /// Their family name.
    pub last_name: Option<String>,
    /// The name that they are found by, without the `@`.
    pub username: Option<String>,
    /// The language of their program, such as `pt-br`.
    pub language_code: Option<String>,
}

/// A button that was pressed.
#[derive(Clone, Debug, Deserialize)]
pub struct CallbackQuery {
    /// Its name, for the answer.
    pub id: String,
    /// Who has pressed it.
    pub from: User,
    /// The message that it is below.
    pub message: Option<Message>,
    /// What the button stands for. Their program says it, so that it may be made up.
    pub data: Option<String>,
}

/// The longest number of a user: 52 bits.
const LARGEST: i64 = (1 << 52) - 1;

impl User {
    /// Their number, if it is that of a person.
    pub fn person(&self) -> Option<i64> {
        (!self.is_bot && (1..=LARGEST).contains(&self.id)).then_some(self.id)
    }

    /// What they are called: their name, and the one that they are found by.
    pub fn shown(&self) -> String {
        let name = [Some(self.first_name.as_str()), self.last_name.as_deref()].into_iter().flatten();
        let name = name.map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        match &self.username {
            Some(username) if name.is_empty() => format!("@{username}"),
            Some(username) => format!("{name} (@{username})"),
            None => name,
        }
    }
}

impl Message {
    /// Whether it is in the private chat of whoever has written it.
    pub fn is_private_of(&self, person: i64) -> bool {
        self.chat.kind == "private" && self.chat.id == person
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(json: &str) -> User {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_person_is_no_bot_and_has_a_number_of_52_bits() {
        for (json, person) in [
            (r#"{"id":987654321,"first_name":"Ann"}"#, Some(987_654_321)),
            (r#"{"id":4503599627370495}"#, Some(4_503_599_627_370_495)),
            (r#"{"id":4503599627370496}"#, None),
            (r#"{"id":0}"#, None),
            (r#"{"id":-100123}"#, None),
            (r#"{"id":5,"is_bot":true}"#, None),
        ] {
            assert_eq!(user(json).person(), person, "{json}");
        }
    }

    #[test]
    fn somebody_is_shown_by_the_name_and_by_the_one_that_they_are_found_by() {
        for (json, shown) in [
            (r#"{"id":1,"first_name":"Ann","last_name":"Example","username":"ann"}"#, "Ann Example (@ann)"),
            (r#"{"id":1,"first_name":"Ann"}"#, "Ann"),
            (r#"{"id":1,"first_name":" ","username":"ann"}"#, "@ann"),
        ] {
            assert_eq!(user(json).shown(), shown);
        }
    }
}
