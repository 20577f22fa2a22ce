//! Ring 4: what doors need of HTTP, written once.

pub mod asked;
pub mod client;
pub mod client_ip;
pub mod cookies;
pub mod cors;
pub mod diagnosis;
pub mod error;
pub mod form;
pub mod guard;
pub mod headers;
pub mod leave;
pub mod owner;
pub mod page;
pub mod params;
pub mod query;
pub mod request_log;
pub mod run_to_end;
pub mod visitor;
