//! What a sender answers to the question that their chat was asked.

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes, their chat is to be bound.
    Yes,
    /// No, whatever was asked.
    No,
    /// The number that they have chosen, of those of a sign-in.
    Number(u8),
}

impl Answer {
    /// Reads what a program sends.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "yes" => Some(Self::Yes),
            "no" => Some(Self::No),
            number => number.parse().ok().map(Self::Number),
        }
    }
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The chat is bound as soon as that is confirmed in the browser.
    ToBeConfirmed,
    /// The chat is not bound.
    BindingRefused,
    /// The sign-in goes on in its browser.
    Approved,
    /// The sign-in is over: the person has refused it, or has chosen a wrong number.
    SignInRefused,
    /// Nothing: it answers another question than this one, for which these words would do.
    Unfit(&'static str),
    /// Nothing waits for an answer of this sender.
    Over,
}
