//! Ring 3: tokens, from their issue to their end.

pub mod authenticate;
pub mod binding_name;
pub mod family;
pub mod grant_name;
pub mod issue;
pub mod revoke;
pub mod successors;
