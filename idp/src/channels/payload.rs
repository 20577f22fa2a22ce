//! What a link to a bot carries (`t.me/<bot>?start=<payload>`): 64 letters at most, of A-Z, a-z, 0-9, `_` and `-`.

use crate::app::App;

/// What ours begin with, so that a bot can tell them from its own.
const PREFIX: &str = "lk-";

/// Whether a payload may be one of ours.
pub fn is_ours(payload: &str) -> bool {
    payload.starts_with(PREFIX)
}

/// A new payload.
pub(super) fn new(app: &App) -> String {
    format!("{PREFIX}{}", app.random.name::<16>())
}
