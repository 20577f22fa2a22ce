//! Signing devices out, for the person whose they are: whoever has such a device then, and may have stolen it, goes on with nothing.
//!
//! So what was given in that browser ends, too: access of applications that outlives sessions, and the trust that spares the second
//! factor. A sign-out in the browser itself, which its person wants to use again, leaves both: OpenID Connect Core §11.

use crate::app::App;
use crate::base::id::Id;
use crate::login::session::end_repetitions;
use crate::store::db::{Change, Result, Tx};
use crate::store::grants::grant;
use crate::store::installation::event::Event;
use crate::store::people::session::{self, Session};
use crate::store::people::{trusted_browser, user};

/// Signs out the device of a session.
pub async fn sign_out(app: &App, session: &Session) -> Result<()> {
    app.db.write(SignOut { user: session.user_id.clone(), session: session.id.clone() }).await
}

#[derive(Clone)]
struct SignOut {
    user: Id,
    session: Id,
}

impl Change for SignOut {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { user, session } = self;
        user::hold(tx, &user).await?;
        if end(tx, &user, &session).await? {
            tx.record(&Event::SignedOut { user, session }).await?;
        }
        Ok(())
    }
}

/// Ends a session of a user with all that their device could go on with; returns whether the session had not ended before. The caller holds
/// the user's row.
pub(crate) async fn end(tx: &mut Tx<'_>, user: &Id, session: &Id) -> Result<bool> {
    let now = tx.now();
    grant::end_of_browser(tx, user, session, now).await?;
    trusted_browser::delete_of_session(tx, user, session).await?;
    end_repetitions(tx, user).await?;
    session::end(tx, session, now).await
}

/// Signs out all devices of a user but that of this session.
pub async fn sign_out_others(app: &App, session: &Session) -> Result<()> {
    app.db.write(SignOutOthers { user: session.user_id.clone(), but: session.id.clone() }).await
}

#[derive(Clone)]
struct SignOutOthers {
    user: Id,
    but: Id,
}

impl Change for SignOutOthers {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let (Self { user, but }, now) = (self, tx.now());
        user::hold(tx, &user).await?;
        trusted_browser::delete_others(tx, &user, &but).await?;
        end_repetitions(tx, &user).await?;
        let grants = grant::end_of_other_browsers(tx, &user, &but, now).await?;
        if session::end_others(tx, &user, &but, now).await? + grants > 0 {
            tx.record(&Event::SignedOutElsewhere { user, session: but }).await?;
        }
        Ok(())
    }
}
