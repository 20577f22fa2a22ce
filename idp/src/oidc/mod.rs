//! Ring 1: the specs as code. Pure: no async, no input or output, and the time is passed in.
//!
//! | spec | file | tests, beside those in the file and the cases in `tests/attacks` |
//! |---|---|---|
//! | RFC 6749 §3.1, §4.1.1 authorization requests; Core §3.1.2.1 | `authorization_request` | `oidc_core_authentication` |
//! | RFC 6749 §3.1.2.4 where the answer goes | `recipient` | A1 to A5 |
//! | RFC 6749 §4.1.2 answers; RFC 9207; Form Post | `authorization_response`, `response_mode`, `response_type` | `form_post_response_mode` |
//! | RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1 redirect URIs | `redirect_uri` | A1 to A5 |
//! | RFC 6749 §3.3 scopes | `scope` | `oidc_core_authentication` |
//! | RFC 6749 §5.2 and others: errors | `error` | `rfc6749_token_endpoint` |
//! | what came and what was expected, for the log | `difference` | R2 |
//! | RFC 6749 appendix B forms | `params` | R4 |
//! | RFC 6749 §2.3, Core §9 client authentication | `client_auth` | B13 |
//! | RFC 6749 §3.2, §5.1 token endpoint | `token_request`, `token_response` | `rfc6749_token_endpoint` |
//! | RFC 6749 §4.1.3 codes | `authorization_code` | B1 to B7 |
//! | RFC 6749 §6, RFC 9700 §4.14 refresh tokens | `refresh_token` | `rfc6749_token_endpoint` |
//! | RFC 6750 bearer tokens | `bearer` | `oidc_core_userinfo` |
//! | RFC 7009 revocation | `revocation` | `rfc7009_revocation` |
//! | RFC 7517 keys, Core §10.1.1 (in jose and tokens::keys) | – | `rfc7517_jwks` |
//! | RFC 7591, OpenID Connect Registration: client metadata | `client_metadata` | `oidc_discovery` |
//! | RFC 7636 PKCE | `code_challenge` | A9, B3, B4 |
//! | RFC 7662 introspection | `introspection` | `rfc7662_introspection` |
//! | RFC 8414, OpenID Connect Discovery | `discovery` | `oidc_discovery`, `issuer_with_a_path` |
//! | RFC 8707 resources | `resource` | `rfc8707_resources` |
//! | RFC 9068 access tokens | `access_token` | `rfc9068_access_tokens` |
//! | Core §2 ID Tokens | `id_token` | `oidc_core_id_token` |
//! | Core §2, RFC 8176 `acr` and `amr` | `acr` | `oidc_core_id_token` |
//! | Core §3.1.2.3 to §3.1.2.6 sign-in and consent | `prompt` | `oidc_core_authentication`, `sessions` |
//! | Core §11 offline access; Initiating User Registration | `prompt` | `oidc_core_offline_access`, `initiating_user_registration` |
//! | Core §5.1, §5.4 claims; §5.3 UserInfo | `claims`, `userinfo` | `oidc_core_userinfo` |
//! | RP-Initiated Logout | `end_session` | `oidc_rp_initiated_logout` |
//! | one's own account (in pages) | – | `account` |
//! | all of it, with a client that nobody here wrote | – | `openidconnect_crate` |

pub mod access_token;
pub mod acr;
pub mod authorization_code;
pub mod authorization_request;
pub mod authorization_response;
pub mod bearer;
pub mod claims;
pub mod client_auth;
pub mod client_metadata;
pub mod code_challenge;
pub mod difference;
pub mod discovery;
pub mod end_session;
pub mod error;
pub mod id_token;
pub mod introspection;
pub mod params;
pub mod prompt;
pub mod recipient;
pub mod redirect_uri;
pub mod refresh_token;
pub mod resource;
pub mod response_mode;
pub mod response_type;
pub mod revocation;
pub mod scope;
pub mod token_request;
pub mod token_response;
pub mod userinfo;

pub use client_metadata::Client;
pub use error::{Error, ErrorCode};
pub use params::Params;
pub use scope::ScopeSet;
