//! The messages with which a page answers a person's input.

/// One message: its key in the language files, and its number, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wording {
    pub(crate) key: &'static str,
    pub(crate) number: Option<(&'static str, u64)>,
}

impl Wording {
    /// A message without placeables.
    pub const fn new(key: &'static str) -> Wording {
        Wording { key, number: None }
    }

    /// A message with a number in it, which also chooses the plural.
    pub const fn counted(key: &'static str, name: &'static str, number: u64) -> Wording {
        Wording { key, number: Some((name, number)) }
    }
}
