//! The word that a person has chosen to know our letters by: whoever imitates them does not know it.

use crate::app::App;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::letters::kind::{Kind, Notice};
use crate::letters::notice::KEPT;
use crate::letters::written::{Sealed, Secrets};
use crate::store::db::Result;
use crate::store::people::address_change;
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
    Ok(sealed.and_then(|sealed| opened(app, user, &sealed)))
}

/// Opens a sealed word; `None` if it cannot be opened.
pub fn opened(app: &App, user: &Id, sealed: &str) -> Option<String> {
    let plain = app.vault.unseal(&place(user), sealed)?;
    String::from_utf8(plain.to_vec()).ok()
}

/// Seals a word, ready to be stored.
pub fn seal(app: &App, user: &Id, word: &str) -> String {
    app.vault.seal(&app.random, &place(user), word.as_bytes())
}

/// The letters that tell a user that the word is another one from now on, to be written by the change. They have the word of before, by
/// which their reader knows that they are from us, and its language: whoever changed the word may be a thief, who knows neither mailbox
/// nor what its owner can read. An address that came by a change which can still be taken back does not get that word: it may be the thief's.
pub async fn notices(app: &App, user: &Id) -> Result<Vec<Sealed>> {
    let former = of(app, user).await?;
    let mut conn = app.db.read().await?;
    let Some((found, own)) = user::find_with_identifiers(&mut conn, user).await? else { return Ok(Vec::new()) };
    let changes = address_change::open(&mut conn, user, app.now()).await?;
    drop(conn);
    let came: Vec<_> = changes.iter().filter(|change| change.was_own == 0).map(|change| &change.new_address).collect();
    let site = app.site.get();
    let language = site.language_of(found.locale());
    let addresses = own.iter().filter(|it| it.is_email() && it.verified_at.is_some());
    let letters = addresses.map(|address| {
        let word = former.clone().filter(|_| !came.contains(&&address.as_written)).map(Secret::from);
        let secrets = Secrets { word, ..Secrets::default() };
        let kind = Kind::Notice(Notice::MailWordChanged);
        Sealed::new(app, kind, &address.as_written, language.tag(), &secrets).working_for(KEPT)
    });
    Ok(letters.collect())
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
