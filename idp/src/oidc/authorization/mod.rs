//! The authorization endpoint: RFC 6749 §3.1, OpenID Connect Core §3.1.2.

pub mod code_challenge;
pub mod next_step;
pub mod prompt;
pub mod recipient;
pub mod request;
pub mod response;
pub mod response_mode;
pub mod response_type;
pub mod session;
