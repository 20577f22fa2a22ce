//! What an authorization gave: its grant, code, refresh tokens, and access tokens that were revoked before their time.

pub mod authorization_code;
pub mod grant;
pub mod refresh_family;
pub mod revoked_access_token;
