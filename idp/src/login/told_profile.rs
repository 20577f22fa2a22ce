//! What another provider tells about its person at each sign-in, and what of it the profile here takes.

use serde_json::{Map, Value};

use crate::base::id::Id;
use crate::store::db::{Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::upstream_account::{self, Said};
use crate::store::people::user;

/// Takes into the profile of a user what the provider of an account has said, if that waits to be taken. The sign-in is complete: half of
/// one changes nothing. The caller holds the user's row.
pub(super) async fn take(tx: &mut Tx<'_>, user: &Id, upstream: &Id) -> Result<()> {
    let Some((told, taken)) = upstream_account::told(tx, upstream).await? else { return Ok(()) };
    let Some(found) = user::find(tx, user).await? else { return Ok(()) };
    let mut profile = found.profile.clone();
    let taken = merge(&mut profile, told, taken.unwrap_or_default());
    upstream_account::note_taken(tx, upstream, &taken).await?;
    if profile != found.profile {
        let now = tx.now();
        user::set_profile(tx, user, &profile, now).await?;
        tx.record(&Event::ProfileChanged { user: user.clone() }).await?;
    }
    Ok(())
}

/// Puts what was told into a profile; returns what it has got from there by now. A claim that is not what was taken before was changed
/// here, or is from elsewhere, and stays; so does one that the provider says nothing about any more.
fn merge(profile: &mut Map<String, Value>, told: Said, taken: Said) -> Said {
    let mut put = |claim: &str, told: Option<String>, taken: Option<String>| {
        let is_ours = profile.get(claim).and_then(Value::as_str) == taken.as_deref();
        match told {
            Some(told) if is_ours => {
                profile.insert(claim.to_owned(), told.clone().into());
                Some(told)
            }
            _ => taken,
        }
    };
    Said { name: put("name", told.name, taken.name), locale: put("locale", told.locale, taken.locale) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(name: Option<&str>) -> Said {
        Said { name: name.map(str::to_owned), locale: None }
    }

    #[test]
    fn what_a_provider_says_replaces_what_it_said_before_and_nothing_else() {
        for (has, taken, told, becomes) in [
            (Some("Ann"), Some("Ann"), Some("Anne"), Some("Anne")),
            (None, None, Some("Ann"), Some("Ann")),
            // Changed here, removed here, and from elsewhere.
            (Some("Annie"), Some("Ann"), Some("Anne"), Some("Annie")),
            (None, Some("Ann"), Some("Anne"), None),
            (Some("Annie"), None, Some("Ann"), Some("Annie")),
            (Some("Ann"), Some("Ann"), None, Some("Ann")),
        ] {
            let mut profile = Map::new();
            if let Some(has) = has {
                profile.insert("name".to_owned(), json!(has));
            }
            let now_taken = merge(&mut profile, said(told), said(taken));
            assert_eq!(profile.get("name").and_then(Value::as_str), becomes, "{has:?} {taken:?} {told:?}");
            // Told once more, it changes nothing more.
            let before = profile.clone();
            merge(&mut profile, said(told), now_taken);
            assert_eq!(profile, before, "{has:?} {taken:?} {told:?}");
        }
    }
}
