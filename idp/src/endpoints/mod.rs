//! Ring 6: the endpoints for machines, named after their discovery members.

pub mod authorization;
pub mod bots;
pub mod discovery;
pub mod health;
pub mod introspection;
pub mod jwks;
pub mod metrics;
pub mod related_origins;
pub mod revocation;
pub mod seen;
pub mod token;
pub mod userinfo;
