//! Where letters stay in place of a mail server: for `latchkey demo`, and for tests.

use std::sync::{Arc, Mutex, PoisonError};

use super::message::Message;

/// How many letters stay; beyond that the oldest go.
const MOST: usize = 100;

/// A tray in which letters lie.
#[derive(Clone, Debug, Default)]
pub struct Tray(Arc<Mutex<Vec<Message>>>);

impl Tray {
    /// Puts a letter onto the others.
    pub fn put(&self, message: Message) {
        let mut letters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if letters.len() == MOST {
            letters.remove(0);
        }
        letters.push(message);
    }

    /// The letters, oldest first.
    pub fn letters(&self) -> Vec<Message> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
