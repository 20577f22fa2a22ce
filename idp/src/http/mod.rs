//! Ring 4: what doors need of HTTP, written once.

pub mod client_auth;
pub mod client_ip;
pub mod cookies;
pub mod cors;
pub mod diagnosis;
pub mod error;
pub mod form;
pub mod guard;
pub mod headers;
pub mod page;
pub mod params;
pub mod query;
pub mod redirect;
pub mod request_id;
pub mod request_log;
pub mod run_to_end;
pub mod visitor;
