//! Authentication context classes and methods: Core §2, RFC 8176.

use serde::{Deserialize, Serialize};

/// How strongly a person has proven who they are. A stronger class is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acr {
    /// By nothing: an anonymous account that a client may begin, which nobody can sign in to.
    Anonymous,
    /// By one factor, such as a password alone.
    OneFactor,
    /// By two factors of different kinds.
    TwoFactors,
    /// By a passkey whose authenticator has verified its person: two factors that cannot be given away to a false page.
    PhishingResistant,
}

impl Acr {
    const ALL: [Self; 4] = [Self::Anonymous, Self::OneFactor, Self::TwoFactors, Self::PhishingResistant];

    /// The class that these methods reach together.
    pub fn of(methods: &[Method]) -> Self {
        if methods.iter().any(|method| method.factor() == Factor::Passkey) {
            return Self::PhishingResistant;
        }
        let mut factors = methods.iter().map(|method| method.factor());
        let Some(first) = factors.next() else { return Self::Anonymous };
        if factors.any(|factor| factor != first) { Self::TwoFactors } else { Self::OneFactor }
    }

    /// The class that all methods of this provider reach together.
    pub fn strongest() -> Self {
        Self::of(&Method::ALL)
    }

    /// The classes that can be reached here, the weakest first: `acr_values_supported` of Discovery §3. Without passkeys, as
    /// where the issuer's host is an IP address, the strongest cannot.
    pub fn supported(has_passkeys: bool) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |class| *class <= Self::strongest() && (has_passkeys || *class != Self::PhishingResistant))
    }

    /// The class's name in `acr` and `acr_values`.
    pub const fn as_str(self) -> &'static str {
        match self {
            // Core §2: level 0 of ISO/IEC 29115, for what says nothing about who somebody is.
            Self::Anonymous => "0",
            Self::OneFactor => "urn:latchkey:acr:1fa",
            Self::TwoFactors => "urn:latchkey:acr:2fa",
            // OpenID Connect Extended Authentication Profile (EAP) ACR Values 1.0 §2.
            Self::PhishingResistant => "phr",
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
    /// A code of an authenticator app: RFC 6238.
    Totp,
    /// A recovery code, which works once.
    RecoveryCode,
    /// A letter with a link or a code.
    Mail,
    /// An account at another provider.
    Federated,
    /// A passkey that is bound to one device.
    HardwareKey,
    /// A passkey that can be on several devices.
    SoftwareKey,
}

/// The kind of a method. Two methods of one kind are one factor: a thief of one may have stolen the other as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Factor {
    Knowledge,
    Possession,
    /// Both, within one authenticator.
    Passkey,
}

/// The name in `amr` for several factors: RFC 8176 §2.
const SEVERAL_FACTORS: &str = "mfa";

impl Method {
    const ALL: [Self; 7] = [
        Self::Password,
        Self::Totp,
        Self::RecoveryCode,
        Self::Mail,
        Self::Federated,
        Self::HardwareKey,
        Self::SoftwareKey,
    ];

    /// The method's name in `amr`: RFC 8176 §2. A recovery code is a password that works once, as the codes of an app are.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::Totp | Self::RecoveryCode => "otp",
            // The registry has no word for it.
            Self::Mail => "email",
            // Nor for that; others write this. What the other provider says of its own methods counts for nothing here.
            Self::Federated => "fed",
            Self::HardwareKey => "hwk",
            Self::SoftwareKey => "swk",
        }
    }

    const fn factor(self) -> Factor {
        match self {
            Self::Totp | Self::RecoveryCode => Factor::Possession,
            // Whoever reads the mailbox can set the password, and most often the one at the other provider, too: all are one factor.
            Self::Password | Self::Mail | Self::Federated => Factor::Knowledge,
            Self::HardwareKey | Self::SoftwareKey => Factor::Passkey,
        }
    }

    /// The claim `amr` for what a person has done: each name once, and `mfa` if they are different factors.
    pub fn names(methods: &[Self]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let several = (Acr::of(methods) >= Acr::TwoFactors).then_some(SEVERAL_FACTORS);
        for name in methods.iter().map(|method| method.as_str()).chain(several) {
            if !names.iter().any(|there| there == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Methods by which a claim `amr` of ours can have come about.
    pub fn of_names(names: &[String]) -> Vec<Self> {
        let named = |name: &String| Self::ALL.into_iter().find(|method| method.as_str() == name);
        names.iter().filter_map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_factor_twice_is_still_one() {
        assert_eq!(Acr::of(&[Method::Password]), Acr::OneFactor);
        assert!(Acr::of(&[]) == Acr::Anonymous && Acr::Anonymous < Acr::OneFactor);
        assert_eq!(Acr::of(&[Method::Password, Method::Password]), Acr::OneFactor);
        assert_eq!(Acr::of(&[Method::Totp, Method::RecoveryCode]), Acr::OneFactor);
        assert_eq!(Acr::of(&[Method::Password, Method::Totp]), Acr::TwoFactors);
        assert_eq!(Acr::of(&[Method::Password, Method::Mail]), Acr::OneFactor);
        assert!(Acr::OneFactor < Acr::TwoFactors && Acr::TwoFactors < Acr::PhishingResistant);
        assert_eq!(Acr::of(&[Method::SoftwareKey]), Acr::PhishingResistant);
        assert_eq!(Acr::of(&[Method::Password, Method::HardwareKey]), Acr::PhishingResistant);
    }

    #[test]
    fn what_was_done_is_named_once_and_read_again() {
        let both = [Method::Password, Method::RecoveryCode, Method::Totp];
        assert_eq!(Method::names(&both), ["pwd", "otp", "mfa"]);
        assert_eq!(Method::names(&both[..1]), ["pwd"]);
        assert_eq!(Method::names(&[Method::SoftwareKey]), ["swk", "mfa"]);
        let key = [Method::HardwareKey, Method::Totp];
        for methods in [&both[..1], &both[..2], &both, &key[..1], &key] {
            let names = Method::names(methods);
            assert_eq!(Method::names(&Method::of_names(&names)), names);
        }
    }

    #[test]
    fn what_cannot_be_reached_is_not_offered() {
        assert_eq!(
            Acr::supported(true).map(Acr::as_str).collect::<Vec<_>>(),
            ["0", "urn:latchkey:acr:1fa", "urn:latchkey:acr:2fa", "phr"]
        );
        assert_eq!(Acr::supported(false).last(), Some(Acr::TwoFactors));
        assert_eq!(Acr::from_name("urn:latchkey:acr:2fa"), Some(Acr::TwoFactors));
        assert_eq!(Acr::from_name("phr"), Some(Acr::PhishingResistant));
        assert_eq!(Acr::from_name("phrh"), None);
    }
}
