//! The audit log: checkpoints over the events, which are signed from time to time, and their verification.

pub mod checkpoint;
pub mod key;
pub mod remembered;
pub mod verify;
