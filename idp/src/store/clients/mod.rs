//! Clients, the resources that they may ask for, and what people allowed them.

pub mod client;
pub mod consent;
pub mod resource;
