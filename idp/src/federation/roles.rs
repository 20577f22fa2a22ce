//! Roles that follow what another provider says about somebody: `[[upstreams]] roles`.

use std::collections::BTreeSet;

use crate::app::App;
use crate::base::id::Id;
use crate::federation::identity::Identity;
use crate::login::session::Limits;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::role::{self, ADMINISTRATOR, GivenRole};
use crate::store::people::upstream_account::{self, Key};
use crate::store::people::user;

/// Gives a user the roles that a provider's claims give now, and takes those away that they gave before and do not give any more. Roles that
/// were given here stay, and so does the last administrator.
pub async fn follow(app: &App, user: &Id, identity: &Identity) -> Result<()> {
    let now: BTreeSet<String> = identity.roles.iter().cloned().collect();
    let before = role::of_upstream(&mut *app.db.read().await?, user, &identity.upstream).await?;
    if before.iter().eq(&now) {
        return Ok(());
    }
    let limits = now.contains(ADMINISTRATOR).then(|| Limits::of_administrators(app));
    app.db.write(Follow { user: user.clone(), key: identity.key(), roles: now, limits }).await
}

#[derive(Clone)]
struct Follow {
    user: Id,
    key: Key,
    roles: BTreeSet<String>,
    /// What the sessions of an administrator are held to.
    limits: Option<Limits>,
}

impl Change for Follow {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { user, key, roles, limits } = self;
        user::hold(tx, &user).await?;
        // In another tab, the account may have been unlinked.
        if upstream_account::find(tx, &key).await?.is_none_or(|there| there.user_id != user) {
            return Ok(());
        }
        let upstream = key.provider;
        let now = tx.now();
        for role in &roles {
            let new_id = &tx.id();
            if role::give_by(tx, &user, GivenRole { role, upstream: &upstream, new_id }, now).await? {
                if role == ADMINISTRATOR
                    && let Some(limits) = &limits
                {
                    limits.hold(tx, &user, now).await?;
                }
                tx.record(&Event::RoleGiven { user: user.clone(), role: role.clone() }).await?;
            }
        }
        for role in role::of_upstream(tx, &user, &upstream).await?.iter().filter(|role| !roles.contains(*role)) {
            lose(tx, &user, role).await?;
        }
        Ok(())
    }
}

/// Takes the roles away that a provider has given to a user who has unlinked an account there. Another account there, if one is linked, gives its own
/// at its next sign-in. The caller holds the user's row.
pub(super) async fn forget(tx: &mut Tx<'_>, user: &Id, upstream: &str) -> Result<()> {
    for role in role::of_upstream(tx, user, upstream).await? {
        lose(tx, user, &role).await?;
    }
    Ok(())
}

async fn lose(tx: &mut Tx<'_>, user: &Id, role: &str) -> Result<()> {
    // Somebody has to be able to administer.
    if role == ADMINISTRATOR && role::is_last_administrator(tx, user).await? {
        return Ok(());
    }
    if role::take(tx, user, role).await? {
        tx.record(&Event::RoleTaken { user: user.clone(), role: role.to_owned() }).await?;
    }
    Ok(())
}
