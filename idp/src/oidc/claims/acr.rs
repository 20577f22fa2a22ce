//! Authentication context classes and methods: Core §2, RFC 8176.

use serde::{Deserialize, Serialize};

/// How strongly a person has proven who they are. A stronger class is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acr {
    /// By one factor, such as a password alone.
    OneFactor,
    /// By two factors of different kinds.
    TwoFactors,
}

impl Acr {
    const ALL: [Self; 2] = [Self::OneFactor, Self::TwoFactors];

    /// The class that these methods reach together.
    pub fn of(methods: &[Method]) -> Self {
        Self::of_factors(methods.iter().map(|method| method.factor()))
    }

    fn of_factors<F: PartialEq>(mut factors: impl Iterator<Item = F>) -> Self {
        let first = factors.next();
        if factors.any(|factor| Some(factor) != first) { Self::TwoFactors } else { Self::OneFactor }
    }

    /// The class that all methods of this provider reach together.
    pub fn strongest() -> Self {
        Self::of(&Method::ALL)
    }

    /// The classes that can be reached here, the weakest first: `acr_values_supported` of Discovery §3.
    pub fn supported() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|class| *class <= Self::strongest())
    }

    /// The class's name in `acr` and `acr_values`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneFactor => "urn:latchkey:acr:1fa",
            Self::TwoFactors => "urn:latchkey:acr:2fa",
        }
    }

    /// The class of this name; `None` for a name that means nothing here.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }
}

/// A way in which a person proves who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A password.
    Password,
    /// A letter with a link or a code.
    Mail,
}

/// The kind of a method. Two methods of one kind are one factor: a thief of one may have stolen the other as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Factor {
    Knowledge,
}

impl Method {
    const ALL: [Self; 2] = [Self::Password, Self::Mail];

    /// The method's name in `amr`: RFC 8176 §2.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            // The registry has no word for it.
            Self::Mail => "email",
        }
    }

    const fn factor(self) -> Factor {
        match self {
            // Whoever reads the mailbox can set the password: both are one factor.
            Self::Password | Self::Mail => Factor::Knowledge,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_factor_twice_is_still_one() {
        assert_eq!(Acr::of(&[Method::Password]), Acr::OneFactor);
        assert_eq!(Acr::of(&[Method::Password, Method::Password]), Acr::OneFactor);
        assert_eq!(Acr::of(&[Method::Password, Method::Mail]), Acr::OneFactor);
        assert_eq!(Acr::of_factors([1, 1, 2].into_iter()), Acr::TwoFactors);
        assert!(Acr::OneFactor < Acr::TwoFactors);
    }

    #[test]
    fn what_cannot_be_reached_is_not_offered() {
        assert_eq!(Acr::supported().map(Acr::as_str).collect::<Vec<_>>(), ["urn:latchkey:acr:1fa"]);
        assert_eq!(Acr::from_name("urn:latchkey:acr:2fa"), Some(Acr::TwoFactors));
        assert_eq!(Acr::from_name("phr"), None);
    }
}
