//! Latchkey, an OpenID Connect provider. The map of the house is `docs/architecture.md`.
//!
//! Modules are rings; each uses only the rings above it in this list.

// 0: what tests must control.
pub mod base;
// 1: the specs, pure.
pub mod jose;
pub mod oidc;
// 2: the only SQL.
pub mod store;
// 3: what several doors share.
pub mod app;
pub mod clients;
pub mod config;
pub mod login;
pub mod metrics;
pub mod notices;
pub mod resources;
pub mod site;
pub mod tokens;
pub mod vault;
// 4: plumbing.
pub mod http;
// 5: doors.
pub mod endpoints;
pub mod pages;
// Assembly.
pub mod boot;
pub mod cli;
pub mod demo;
pub mod jobs;
pub mod router;
pub mod run;
pub mod serve;
