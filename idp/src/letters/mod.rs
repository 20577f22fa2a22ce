//! Ring 3: what letters say, when they are written, and how they are sent.
//!
//! A letter is written into the outbox by the change that causes it, as what it is about and not as text; `delivery` makes a
//! text of it, in the language of its reader, when it is sent.

pub mod content;
pub mod delivery;
pub mod kind;
pub mod limits;
pub mod notice;
pub mod proof;
pub mod samples;
pub mod word;
pub mod written;
