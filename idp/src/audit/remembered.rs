//! What a process remembers of the audit log, where nobody who can write to the database can change it.

use std::sync::{Mutex, PoisonError};

use crate::store::installation::audit_checkpoint::End;

/// Where the log ended when this process last signed a checkpoint or saw one.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<(Option<End>, Option<i64>)>);

impl Remembered {
    /// The end; `None` before the first look.
    pub fn end(&self) -> Option<End> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Whether it was not told yet that this checkpoint is lost. One that is told each minute says no more.
    pub fn is_news(&self, number: i64) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.1.replace(number) != Some(number)
    }

    /// Remembers an end. What was found to be another one was reported, and the log goes on from there.
    pub fn set(&self, end: End) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(end);
    }
}
