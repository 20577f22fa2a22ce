//! The word and the language of the letters to somebody before these were changed. The letter that takes a change of the address back
//! has those that its owner knows: a thief of the password may change them, too.

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::letters::word;
use crate::login::factor_age::RECENT;
use crate::store::db::{Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::user;

/// The word and the language of a user before somebody has changed them lately, who may be a thief of the password; those of now if nobody
/// has.
pub async fn before(app: &App, user: &Id) -> Result<(Option<String>, Option<String>)> {
    let mut conn = app.db.read().await?;
    let former = user::former(&mut conn, user, app.now()).await?;
    let found = user::find(&mut conn, user).await?;
    drop(conn);
    let present = word::of(app, user).await?;
    Ok(match former {
        Some(former) => {
            let word = former.mail_word.and_then(|sealed| word::opened(app, user, &sealed));
            (word.or(present), former.locale)
        }
        None => (present, found.and_then(|user| user.locale().map(str::to_owned))),
    })
}

/// Keeps the word and the language of a user, one of which is about to change, for as long as the letter that takes a change of the address
/// back works.
pub async fn keep(tx: &mut Tx<'_>, user: &Id, locale: Option<&str>) -> Result<()> {
    let now = tx.now();
    user::keep_former(tx, user, locale, (now, now + RECENT)).await
}

/// Keeps for as long as a change of the address can be taken back what is kept of the word and the language of before.
pub async fn keep_until(tx: &mut Tx<'_>, user: &Id, until: Timestamp) -> Result<()> {
    let now = tx.now();
    user::keep_former_for_longer(tx, user, (now, until)).await
}

/// Gives a user the word and the language of before again, if they were changed lately.
pub async fn put_back(tx: &mut Tx<'_>, user: &Id) -> Result<()> {
    let now = tx.now();
    let Some(former) = user::former(tx, user, now).await? else { return Ok(()) };
    let Some(found) = user::find(tx, user).await? else { return Ok(()) };
    user::put_word_back(tx, user).await?;
    user::forget_former(tx, user).await?;
    let mut profile = found.profile.clone();
    match former.locale {
        Some(locale) => drop(profile.insert("locale".to_owned(), locale.into())),
        None => drop(profile.remove("locale")),
    }
    if profile != found.profile {
        user::set_profile(tx, user, &profile, now).await?;
        tx.record(&Event::ProfileChanged { user: user.clone() }).await?;
    }
    Ok(())
}
