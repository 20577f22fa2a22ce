//! What is wrong with a form, as its page says it: all at once, above the form and at each field.

/// The problems of a form, in the order of its fields.
#[derive(Debug, Default)]
pub struct FormProblems(Vec<(&'static str, String)>);

impl FormProblems {
    /// Problems of fields, each with the name of its field and the message.
    pub fn new(problems: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self(problems.into_iter().collect())
    }

    /// Whether the form has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields and the messages.
    pub fn iter(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.0.iter()
    }

    /// The message at a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, text)| text.as_str())
    }

    /// Whether a field is the first that has a problem: it gets the focus.
    pub fn begin_at(&self, field: &str) -> bool {
        self.0.first().is_some_and(|(name, _)| *name == field)
    }
}
