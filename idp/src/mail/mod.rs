//! Ring 2: letters on their way to mail servers. What they say, and when they are sent, is decided further out.

pub mod domain;
pub mod failure;
pub mod mailbox;
pub mod mailer;
pub mod message;
pub mod server;
mod smtp;
pub mod stop;
pub mod tray;
