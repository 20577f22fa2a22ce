//! Signing in: one file per method, and the choice among signed-in accounts.

pub mod anonymous;
pub mod channel;
pub mod connect_upstream;
mod half;
pub mod mail;
pub mod passkey;
pub mod passkey_offer;
pub mod password;
pub mod second_factor;
pub mod select_account;
pub mod set_up_second_factor;
pub mod telegram;
pub mod ticket;
pub mod upstream;
