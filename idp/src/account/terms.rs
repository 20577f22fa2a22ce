//! The terms of service, and who has accepted which version of them.

use crate::app::App;
use crate::base::id::Id;
use crate::oidc::authorization::next_step::{Facts, Terms};
use crate::site::Site;
use crate::store::db::{Change, Result, Tx};
use crate::store::installation::event::Event;
use crate::store::people::{terms_acceptance, user};

/// What the seal of the version on a form says that it is for.
const PURPOSE: &str = "terms";

/// The terms that have to be accepted before a request is answered: those that its person was asked about before, or those of this
/// server; `None` if nobody is asked.
pub fn wanted<'a>(site: &'a Site, facts: &'a Facts) -> Option<&'a Terms> {
    facts.terms.as_ref().or(site.terms.as_ref())
}

/// Whether a user has not accepted these terms.
pub async fn is_due(app: &App, user: &Id, terms: Option<&Terms>) -> Result<bool> {
    // Nothing is read where nobody is asked.
    let Some(terms) = terms else { return Ok(false) };
    Ok(!terms_acceptance::is_there(&mut *app.db.read().await?, user, &terms.version).await?)
}

/// Whether a user has accepted any version.
pub async fn has_accepted_any(app: &App, user: &Id) -> Result<bool> {
    Ok(!terms_acceptance::of_user(&mut *app.db.read().await?, user).await?.is_empty())
}

/// The version that a form shows, sealed: whichever server the form is sent to notes that one.
pub fn seal(app: &App, terms: &Terms) -> String {
    app.interactions.seal(&app.random, PURPOSE, terms.version.as_bytes())
}

/// The version that a form has shown; `None` unless one of our servers has sealed it.
pub fn shown(app: &App, sealed: &str) -> Option<String> {
    let plain = app.interactions.open(PURPOSE, sealed)?;
    String::from_utf8(plain.to_vec()).ok()
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
