//! The layers around all handlers.

pub mod cors;
pub mod explain;
pub mod guard;
pub mod headers;
pub mod maintenance;
pub mod origin;
pub mod request_log;
pub mod run_to_end;
