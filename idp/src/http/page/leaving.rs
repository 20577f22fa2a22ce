//! The way from a form of ours to somebody else's address.
//!
//! Not a redirect: browsers hold `form-action` against the whole chain of redirects after a form, and would block a
//! client whose callback goes on elsewhere. The script and the `<meta>` for browsers without scripts exclude each other:
//! a code that arrives twice would be taken for stolen.

use askama::Template;

use super::layout::Layout;

/// Goes to an address by itself, with a link for where that does not happen.
#[derive(Template)]
#[template(path = "pages/leaving.html")]
pub struct LeavingPage<'a> {
    /// What the page is set in.
    pub layout: Layout<'a>,
    /// Where to. Never anything but a registered address with an answer in its query.
    pub url: String,
}
