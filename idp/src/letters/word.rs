//! The word that a person has chosen to know our letters by: whoever imitates them does not know it.

use crate::app::App;
use crate::base::id::Id;
use crate::store::db::Result;
use crate::store::people::user;

/// The longest word, in characters.
pub const LONGEST: usize = 40;

/// Where the word of a user is sealed.
fn place(user: &Id) -> String {
    format!("user_account.mail_word.{user}")
}

/// A word as it may be shown: short, on one line; `None` for no word.
pub fn parse(typed: &str) -> Option<String> {
    let word: String = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let word: String = word.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    (!word.is_empty()).then_some(word)
}

/// The word of a user.
pub async fn of(app: &App, user: &Id) -> Result<Option<String>> {
    let sealed = user::mail_word(&mut *app.db.read().await?, user).await?;
    let plain = sealed.and_then(|sealed| app.vault.unseal(&place(user), &sealed));
    Ok(plain.and_then(|plain| String::from_utf8(plain.to_vec()).ok()))
}

/// Seals a word, ready to be stored.
pub fn seal(app: &App, user: &Id, word: &str) -> String {
    app.vault.seal(&app.random, &place(user), word.as_bytes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_word_is_short_and_on_one_line() {
        assert_eq!(super::parse("  blue\r\n heron "), Some("blue heron".to_owned()));
        assert_eq!(super::parse(" \n "), None);
        assert_eq!(super::parse(&"x".repeat(50)).map(|word| word.len()), Some(super::LONGEST));
    }
}
