//! The parts of a request that handlers take.

pub mod client_auth;
pub mod client_ip;
pub mod form;
pub mod id;
pub mod params;
pub mod query;
pub mod visitor;
