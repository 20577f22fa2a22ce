//! The terms of service, and who has accepted which version of them.

use crate::app::App;
use crate::base::id::Id;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::{terms_acceptance, user};

/// The version that people have to accept; `None` if nobody is asked.
pub fn version(app: &App) -> Option<&str> {
    app.config.terms.version.as_deref()
}

/// Whether a user has not accepted the version that is in force.
pub async fn is_due(app: &App, user: &Id) -> Result<bool> {
    // Nothing is read where nobody is asked.
    let Some(version) = version(app) else { return Ok(false) };
    Ok(!terms_acceptance::is_there(&mut *app.db.read().await?, user, version).await?)
}

/// Notes that a user accepts a version.
pub async fn accept(app: &App, user: &Id, version: &str) -> Result<()> {
    app.db.write(Accept { user: user.clone(), version: version.to_owned() }).await
}

#[derive(Clone)]
struct Accept {
    user: Id,
    version: String,
}

impl Change for Accept {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        if user::hold(tx, &self.user).await?.is_none() {
            return Ok(());
        }
        note(tx, &self.user, &self.version).await
    }
}

/// Notes an acceptance within a change that holds the user's row, or has made it.
pub(super) async fn note(tx: &mut Tx<'_>, user: &Id, version: &str) -> Result<()> {
    let now = tx.now();
    if terms_acceptance::insert(tx, user, version, now).await? {
        tx.record(&Event::TermsAccepted { user: user.clone(), version: version.to_owned() }).await?;
    }
    Ok(())
}
