//! The page that leads from one of our forms to a foreign address.
//!
//! Not a redirect: browsers apply `form-action` to the whole chain of redirects after a form, and would block a
//! client whose callback redirects to another origin. The script and the `<meta>` for browsers without scripts exclude
//! each other: a code that arrives twice counts as stolen.

use askama::Template;

use super::layout::Layout;

/// Goes to an address automatically, and has a link in case that fails.
#[derive(Template)]
#[template(path = "pages/leaving.html")]
pub struct LeavingPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The address: always a registered one, with the response in its query.
    pub url: String,
}
