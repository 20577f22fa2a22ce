//! The results of an authorization: its grant, code, refresh tokens, and access tokens that were revoked early.

pub mod authorization_code;
pub mod grant;
pub mod refresh_family;
pub mod revoked_access_token;
