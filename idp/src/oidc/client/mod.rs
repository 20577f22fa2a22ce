//! Clients: what they register, and how they prove who they are.

pub mod auth;
pub mod metadata;
pub mod redirect_uri;
pub mod registration;
