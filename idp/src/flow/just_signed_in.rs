//! Somebody who has just signed in, and is asked something before the sign-in leads on.

use crate::app::App;
use crate::flow::authorization::Step;
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::request::visitor::Visitor;
use crate::login::interaction::Interaction;
use crate::site::page::Page;
use crate::store::people::session::Session;

/// Somebody who has just signed in, on the way to a client or to a page of this provider.
pub struct JustSignedIn {
    /// The sign-in in progress.
    pub interaction: Interaction,
    /// Its step, if it is on the way to a client.
    pub step: Option<Step>,
    /// The session that has just begun, if it lives.
    pub session: Option<Session>,
}

impl JustSignedIn {
    /// Opens the interaction that a page or a form carries.
    pub async fn open(app: &App, visitor: &Visitor, sealed: &str) -> Result<Self, Error> {
        let interaction = visitor.open(app, sealed)?;
        let step = Step::of_interaction(app, visitor, &interaction).await?;
        let sessions = visitor.sessions(app).await?;
        let session = sessions.into_iter().find(|session| interaction.facts.are_of(session));
        Ok(Self { interaction, step, session })
    }

    /// Where the sign-in leads.
    pub fn onward(&self, app: &App) -> String {
        match self.step {
            Some(_) => next_page::authorize_again(app, &self.interaction),
            None => app.url(self.interaction.return_to().unwrap_or(Page::Home)),
        }
    }
}
