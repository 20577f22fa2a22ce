//! The browsers that spare a person the second factor.

use crate::app::App;
use crate::base::id::Id;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::{trusted_browser, user};

/// Ends the trust of a user in a browser; returns whether there was any.
pub async fn forget(app: &App, user: &Id, trust: &Id) -> Result<bool> {
    app.db.write(Forget { user: user.clone(), trust: trust.clone() }).await
}

#[derive(Clone)]
struct Forget {
    user: Id,
    trust: Id,
}

impl Change for Forget {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool> {
        let Self { user, trust } = self;
        user::hold(tx, &user).await?;
        let there = trusted_browser::delete(tx, &user, &trust).await?;
        if there {
            tx.record(&Event::BrowserForgotten { user }).await?;
        }
        Ok(there)
    }
}
