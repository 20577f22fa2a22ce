//! What the browser learns about the passkeys of whoever is signed in, so that it offers none that is gone, and shows the names that
//! are now in use: the Signal API, WebAuthn Level 3 §5.1.10.

use serde_json::json;

use super::AccountView;
use crate::app::App;
use crate::base::encoding::base64url;
use crate::base::id::Id;
use crate::http::error::Error;
use crate::login::passkey::rp_id;
use crate::store::people::passkey::{Passkey, of_user};
use crate::store::people::user;

/// What the browser learns about an account: nothing where there are no passkeys at all, or if it is a visitor's, who can have none.
pub async fn of(app: &App, user: &Id, account: &AccountView) -> Result<Option<String>, Error> {
    if rp_id(app).is_none() || account.is_anonymous {
        return Ok(None);
    }
    let mut conn = app.db.read().await?;
    let passkeys = of_user(&mut conn, user).await?;
    let handle = user::passkey_handle(&mut conn, user).await?.unwrap_or_default();
    Ok(signal(app, &handle, &passkeys, account))
}

/// The same of passkeys that are loaded. Those of another system are kept under a handle that is not known here.
pub(super) fn signal(app: &App, handle: &str, passkeys: &[Passkey], account: &AccountView) -> Option<String> {
    let handle = uuid::Uuid::parse_str(handle).ok()?;
    let user_id = base64url(handle.as_bytes());
    let ours = passkeys.iter().filter(|one| one.user_handle.as_ref() == Some(&user_id));
    let ids: Vec<_> = ours.map(|one| one.credential_id.as_str()).collect();
    let signal = json!({
        "rpId": rp_id(app)?, "userId": user_id, "allAcceptedCredentialIds": ids,
        "name": account.identifier, "displayName": account.title(),
    });
    Some(signal.to_string())
}
