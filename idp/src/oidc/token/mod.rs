//! The token endpoint: RFC 6749 §3.2.

pub mod authorization_code;
pub mod grant_type;
pub mod refresh_token;
pub mod request;
pub mod response;
