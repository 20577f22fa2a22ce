//! Ring 4: what doors need of HTTP, written once: what a handler takes of a request (`request`), what it answers (`page`,
//! `redirect`, `error`, `cookies`), and what stands around all handlers (`layers`).

pub mod cookies;
pub mod diagnosis;
pub mod error;
pub mod layers;
pub mod page;
pub mod redirect;
pub mod request;
