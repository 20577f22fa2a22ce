//! Rules by network: whether they shut administrators out.

use crate::app::App;
use crate::commands::finding::Finding;
use crate::login::networks;
use crate::store::people::role::ADMINISTRATOR;
use crate::store::people::session;

/// Whether the rules of administrators admit an address from which one of them has signed in. What cannot be read was found
/// before.
pub(super) async fn of_administrators(app: &App) -> Option<Finding> {
    let rules = &app.config.role_networks;
    if !rules.iter().any(|networks| networks.role == ADMINISTRATOR) {
        return None;
    }
    let seen = session::addresses_of_role(&mut *app.db.read().await.ok()?, ADMINISTRATOR).await.ok()?;
    let subject = "role_networks";
    for (user, address) in &seen {
        let address = address.as_deref().and_then(|address| address.parse().ok());
        if networks::admit(app, user, address).await.ok()? {
            return Some(Finding::ok(subject, "they admit an address from which an administrator has signed in"));
        }
    }
    let what = "no administrator has signed in lately from an address that the rules of their roles admit";
    let advice =
        "Compare [[role_networks]] with where they are. A rule is changed in the configuration, and by a restart.";
    Some(Finding::advice(subject, what).so("Administrators may be shut out of their accounts.").fix(advice))
}
