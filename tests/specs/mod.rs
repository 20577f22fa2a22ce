//! What the specs demand: a file per spec, a test per demand.

mod account;
mod anonymous;
mod audit;
mod explanations;
mod form_post_response_mode;
mod initiating_user_registration;
mod issuer_with_a_path;
mod leaving;
mod networks;
mod oidc_core_authentication;
mod oidc_core_id_token;
mod oidc_core_offline_access;
mod oidc_core_userinfo;
mod oidc_discovery;
mod oidc_rp_initiated_logout;
mod openidconnect_crate;
mod required_second_factor;
mod rfc6749_token_endpoint;
mod rfc7009_revocation;
mod rfc7517_jwks;
mod rfc7662_introspection;
mod rfc8707_resources;
mod rfc9068_access_tokens;
mod rfc9470_step_up;
mod sessions;
mod step_up;
