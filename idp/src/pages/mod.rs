//! Ring 6: the pages for people. One file per page, at the same path as its template: what the page shows, and what its
//! form does.

pub mod account;
pub mod account_choice;
pub mod channels;
#[cfg(test)]
mod checks;
pub mod consent;
pub mod continue_as;
pub mod factor_problem;
pub mod forgot_password;
pub mod home;
pub mod language;
pub mod mail_code;
pub mod new_codes;
pub mod new_password;
pub mod passkey_signal;
pub mod present_password;
pub mod preview;
pub mod recent_factors;
pub mod recovery_code;
mod samples;
pub mod set_password;
pub mod set_up;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
pub mod terms;
pub mod undo_connection;
pub mod upstreams;

pub use crate::http::page::{AccountView, ClientView, FormProblems, Layout, Moment, Wording};
