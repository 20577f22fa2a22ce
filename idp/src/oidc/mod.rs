//! Ring 1: the specs as code. Pure: no async, no input or output, and the time is passed in.
//!
//! | spec | file | tests, beside those in the file and the cases in `tests/attacks` |
//! |---|---|---|
//! | RFC 6749 §3.1, §4.1.1 authorization requests; Core §3.1.2.1 | `authorization::request` | `oidc_core_authentication` |
//! | RFC 6749 §3.1.2.4 where the answer goes | `authorization::recipient` | A1 to A5 |
//! | RFC 6749 §4.1.2 answers; RFC 9207; Form Post | `authorization::response`, `authorization::response_mode`, `authorization::response_type` | `form_post_response_mode` |
//! | RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1 redirect URIs | `client::redirect_uri` | A1 to A5 |
//! | RFC 6749 §3.3 scopes | `scope` | `oidc_core_authentication` |
//! | RFC 6749 §5.2 and others: errors | `error` | `rfc6749_token_endpoint` |
//! | what came and what was expected, for the log | `difference` | R2 |
//! | why a request was refused, for the log and `latchkey explain` | `reason` | `explanations` |
//! | how a request was judged, for `latchkey explain` | `steps` | `explanations` |
//! | RFC 6749 appendix B forms | `params` | R4 |
//! | RFC 6749 §2.3, Core §9 client authentication | `client::auth` | B13 |
//! | RFC 6749 §1.3, §3.2, §5.1 token endpoint | `token::request`, `token::grant_type`, `token::response` | `rfc6749_token_endpoint` |
//! | RFC 6749 §4.1.3 codes | `token::authorization_code` | B1 to B7 |
//! | RFC 6749 §6, RFC 9700 §4.14 refresh tokens | `token::refresh_token` | `rfc6749_token_endpoint` |
//! | RFC 6750 bearer tokens | `bearer` | `oidc_core_userinfo` |
//! | RFC 7009 revocation | `revocation` | `rfc7009_revocation` |
//! | RFC 7517 keys, Core §10.1.1 (in jose and keys::signing) | – | `rfc7517_jwks` |
//! | RFC 7591, OpenID Connect Registration: client metadata | `client::metadata`, `client::registration` | `oidc_discovery` |
//! | RFC 7636 PKCE | `authorization::code_challenge` | A9, B3, B4 |
//! | RFC 7662 introspection | `claims::introspection` | `rfc7662_introspection` |
//! | RFC 8414, OpenID Connect Discovery | `discovery` | `oidc_discovery`, `issuer_with_a_path` |
//! | RFC 8707 resources | `resource` | `rfc8707_resources` |
//! | RFC 9068 access tokens | `claims::access_token` | `rfc9068_access_tokens` |
//! | RFC 9470 step-up (in authorization::next_step and the pages of the second factor) | – | `rfc9470_step_up` |
//! | what the operator requires beside the specs (in login::second_factor, login::networks) | – | `required_second_factor`, `networks` |
//! | Core §2 ID Tokens | `claims::id_token` | `oidc_core_id_token` |
//! | Core §2, RFC 8176 `acr` and `amr`; class 0 of anonymous accounts (in account::anonymous) | `claims::acr` | `oidc_core_id_token`, `anonymous` |
//! | Core §3.1.2.3 to §3.1.2.6 sign-in and consent | `authorization::prompt`, `authorization::session`, `authorization::next_step` | `oidc_core_authentication`, `sessions` |
//! | Core §11 offline access; Initiating User Registration | `authorization::prompt` | `oidc_core_offline_access`, `initiating_user_registration` |
//! | Core §5.1, §5.4 claims; §5.3 UserInfo | `claims`, `claims::userinfo` | `oidc_core_userinfo` |
//! | WebAuthn (in login::passkey and its pages) | – | H1 to H6 |
//! | RP-Initiated Logout | `end_session` | `oidc_rp_initiated_logout` |
//! | Core §3.1.2, §3.1.3, RFC 9207 as a relying party of other providers (in federation) | – | `upstream_sign_in`, `well_known_providers`, `upstream_commands` |
//! | RFC 6749 §4.5 an extension grant: Mini Apps of Telegram (in federation::telegram) | – | `telegram_mini_app` |
//! | RFC 8693 token exchange for tokens of other providers (in endpoints::token and federation::tokens), RFC 7009 as their client | – | `upstream_tokens` |
//! | RFC 8693 token exchange for senders of channels (in endpoints::token), and what bots of messengers do for people (in channels) | `token::request` | L3, `channels` |
//! | signing in by Telegram (in federation::telegram) | – | `telegram_sign_in` |
//! | one's own account (in pages) | – | `account`, `step_up`, `leaving`, `audit` |
//! | all of it, with a client that nobody here wrote | – | `openidconnect_crate` |

pub mod authorization;
pub mod bearer;
pub mod claims;
pub mod client;
pub mod difference;
pub mod discovery;
pub mod end_session;
pub mod error;
pub mod params;
pub mod reason;
pub mod resource;
pub mod revocation;
pub mod scope;
pub mod steps;
pub mod token;
