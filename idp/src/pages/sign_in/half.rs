//! Half a sign-in: what the pages of the second factor open.

use axum::response::Response;

use crate::app::App;
use crate::flow::authorization::Step;
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::page::Layout;
use crate::http::request::visitor::Visitor;
use crate::login::interaction::Interaction;
use crate::login::second_factor::{self, Enrolled, HALF, Place};
use crate::login::step_up;
use crate::oidc::authorization::next_step::FirstFactor;
use crate::site::page::Page;
use crate::store::people::code_try;
use crate::store::people::user::{self, User};

/// Half a sign-in that can be completed.
pub(super) struct Half {
    /// The interaction, or the sign-in for the pages of this provider.
    pub interaction: Interaction,
    /// The step of the interaction, if it is on the way to a client.
    pub step: Option<Step>,
    /// The first factor.
    pub first: FirstFactor,
    /// Who has proven it.
    pub user: User,
    /// The second factors that they have.
    pub enrolled: Enrolled,
}

impl Half {
    /// Opens what a URL or a form carries; `Err` holds the interaction if its first factor no longer counts,
    /// or is enough.
    pub async fn open(app: &App, visitor: &Visitor, sealed: &str) -> Result<Result<Self, Interaction>, Error> {
        let interaction = visitor.open(app, sealed)?;
        let step = Step::of_interaction(app, visitor, &interaction).await?;
        let Some(first) = interaction.facts.first_factor.clone() else { return Ok(Err(interaction)) };
        let Some(user) = user_of(app, visitor, &first).await? else { return Ok(Err(interaction)) };
        let mut conn = app.db.read().await?;
        let enrolled = Enrolled::of(&mut conn, &user.id).await?;
        // Who neither has a second factor nor needs one had it removed since: the first one is enough for them.
        let client = step.as_ref().map(|step| &*step.proven.client);
        let by_request = step.as_ref().is_some_and(|step| step.proven.request.requires_second_factor());
        let still_needed =
            enrolled.is_any() || by_request || second_factor::is_required_at(app, &mut conn, &user.id, client).await?;
        Ok(if still_needed { Ok(Self { interaction, step, first, user, enrolled }) } else { Err(interaction) })
    }

    /// Whether where the sign-in leads wants two factors, and no less.
    pub async fn needs_two(&self, app: &App) -> Result<bool, Error> {
        let wanted = match &self.step {
            Some(step) => step.proven.request.requires_second_factor(),
            None => {
                let page = self.interaction.return_to().unwrap_or(Page::Home);
                step_up::is_needed(app, &self.user.id, page).await?
            }
        };
        let client = self.step.as_ref().map(|step| &*step.proven.client);
        Ok(wanted || second_factor::is_required_at(app, &mut *app.db.read().await?, &self.user.id, client).await?)
    }

    /// Where the sign-in begins again.
    pub fn again(&self, layout: &Layout<'_>) -> String {
        match (&self.step, self.interaction.return_to().and_then(Page::return_name)) {
            (Some(_), _) => layout.link(Page::SignIn.path()),
            (None, Some(name)) => format!("{}?account=another&return={name}", layout.url(Page::SignIn.path())),
            (None, None) => format!("{}?account=another", layout.url(Page::SignIn.path())),
        }
    }
}

/// Who has proven a first factor, if it still counts in this browser: for some minutes, until the sign-in is over or its person changes.
pub(super) async fn user_of(app: &App, visitor: &Visitor, first: &FirstFactor) -> Result<Option<User>, Error> {
    let shown = visitor.half.as_ref().map(|cookie| cookie.hash().as_str().to_owned());
    if app.now() >= first.proven_at + HALF || shown.is_none() || first.cookie != shown {
        return Ok(None);
    }
    let mut conn = app.db.read().await?;
    if code_try::is_closed(&mut conn, &Place::SignIn(&first.id).bucket()).await? {
        return Ok(None);
    }
    let user = user::find(&mut conn, &first.user).await?;
    Ok(user.filter(|user| user.generation == first.generation && user.disabled_at.is_none()))
}

/// Begins a sign-in again whose first factor no longer counts.
pub(super) fn begin_again(app: &App, mut interaction: Interaction) -> Result<Response, Error> {
    interaction.facts.first_factor = None;
    match interaction.has_request() {
        true => next_page::back_to_authorize(app, &interaction),
        false => next_page::sign_in_first(app, interaction.return_to().unwrap_or(Page::Home)),
    }
}
