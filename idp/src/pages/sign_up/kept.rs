//! The anonymous account in this browser, which a sign-up can keep.

use crate::app::App;
use crate::base::id::Id;
use crate::http::error::Error;
use crate::http::page::session_handle;
use crate::http::request::visitor::Visitor;

/// An anonymous account as the page offers to keep it.
#[derive(Clone, Debug)]
pub struct KeptView {
    /// Its handle in the form, so that the form of one person does not keep the account of the next.
    pub handle: String,
    /// Whether it is to be kept.
    pub is_chosen: bool,
}

/// An anonymous account that can be kept.
#[derive(Clone)]
pub(super) struct Kept {
    /// Its session.
    pub(super) session: Id,
    /// As the page shows it.
    pub(super) view: KeptView,
}

/// The anonymous account in this browser, if there is one; it is kept unless the person says otherwise.
pub(super) async fn offered(app: &App, visitor: &Visitor) -> Result<Option<Kept>, Error> {
    let Some(session) = visitor.sessions(app).await?.into_iter().find(|session| session.is_of_visitor()) else {
        return Ok(None);
    };
    let view = KeptView { handle: session_handle(app, &session), is_chosen: true };
    Ok(Some(Kept { session: session.id, view }))
}

/// Notes what the form says; returns `false` if it wants to keep what is not there.
pub(super) fn choose(offered: &mut Option<Kept>, wanted: Option<&str>) -> bool {
    let Some(kept) = offered else { return wanted.is_none() };
    let is_other = wanted.is_some_and(|wanted| wanted != kept.view.handle);
    kept.view.is_chosen = wanted.is_some() && !is_other;
    !is_other
}
