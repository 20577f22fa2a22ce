//! What a handler takes of a request.

pub mod client_auth;
pub mod client_ip;
pub mod form;
pub mod id;
pub mod params;
pub mod query;
pub mod visitor;
