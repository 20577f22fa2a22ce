//! Ring 4: HTTP for all handlers, written once: the parts of a request that a handler takes (`request`), the responses
//! that it gives (`page`, `redirect`, `error`, `cookies`), and the layers around all handlers (`layers`).

pub mod cookies;
pub mod diagnosis;
pub mod error;
pub mod layers;
pub mod page;
pub mod redirect;
pub mod request;
