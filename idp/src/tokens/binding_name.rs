//! The names of bindings in access tokens.

use crate::app::App;
use crate::base::veil::Veil;

/// What names bindings, and finds them by their names.
pub fn of(app: &App) -> Veil {
    Veil::new(&app.vault.derive("binding name"))
}
