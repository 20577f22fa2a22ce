//! `[login]`: how people sign in.

use std::time::Duration;

use super::reader::{at_least, between, if_set, section};
use super::source::Raw;
use super::units::{Size, days, hours, minutes, seconds};
use super::value::{Value, named, quoted};
use crate::mail::domain::DomainRule;

/// Who needs a second factor to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    /// Who has set one up.
    Optional,
    /// Administrators, too.
    Administrators,
    /// Everybody.
    Everybody,
}

impl SecondFactor {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Optional, Self::Administrators, Self::Everybody];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Optional => "optional",
            Self::Administrators => "administrators",
            Self::Everybody => "everybody",
        }
    }
}

/// Who can make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    /// Nobody.
    Closed,
    /// Who has an invitation.
    Invitation,
    /// Everybody.
    Open,
}

impl SignUp {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Invitation, Self::Open];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Invitation => "invitation",
            Self::Open => "open",
        }
    }

    /// Whether anybody can.
    pub fn is_offered(self) -> bool {
        self != Self::Closed
    }
}

impl Value for SignUp {
    fn expected() -> String {
        Self::ALL.map(|one| quoted(one.as_str())).join(", ")
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        // What it was before there were words for it.
        if let Some(open) = raw.boolean() {
            return Ok(if open { Self::Open } else { Self::Closed });
        }
        let named = Self::ALL.into_iter().find(|one| Some(one.as_str()) == raw.text().map(str::trim));
        named.ok_or_else(|| format!("one of {}, true, false", <Self as Value>::expected()))
    }
    fn render(&self) -> String {
        quoted(self.as_str())
    }
}

/// What an account is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpIdentifier {
    /// A mail address.
    Email,
    /// A username alone.
    Username,
}

impl SignUpIdentifier {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Email, Self::Username];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
        }
    }
}

/// When a sign-up has to prove work first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpChallenge {
    /// Never.
    Never,
    /// When there are many, from one network or from all.
    Suspicious,
    /// Always.
    Always,
}

impl SignUpChallenge {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Never, Self::Suspicious, Self::Always];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Suspicious => "suspicious",
            Self::Always => "always",
        }
    }
}

named!(SecondFactor, SignUpChallenge, SignUpIdentifier);

section! {
    /// How people sign in.
    pub struct Login("login") {
        /// Who can create an account: nobody, who has an invitation (`latchkey invitation create`), or everybody; `false` and `true`
        /// mean the first and the last. It is closed by
        /// default, since every account can sign in to every application of this provider. `latchkey user add` works in any case.
        sign_up: SignUp = SignUp::Closed;
        /// The domains whose email addresses can create an account, such as `example.com`, or `*.example.com` for those below it;
        /// without any, every address can. An
        /// invitation for an address admits it in any case. Only with `[mail]`: without a letter nobody proves an address.
        sign_up_domains: Vec<DomainRule> = vec![];
        /// What people create an account with: an email address, or a username alone. Who has no address gets recovery codes, which set a
        /// new password.
        sign_up_identifier: SignUpIdentifier = SignUpIdentifier::Email;
        /// When a sign-up has to prove work first, which browsers do by themselves: never, always, or when there are many from
        /// one network or in all.
        sign_up_challenge: SignUpChallenge = SignUpChallenge::Suspicious;
        /// How much work that is: with how many zero bits a hash has to begin. Each bit doubles it; 18 take a phone a second
        /// or two.
        sign_up_challenge_bits: u32 = 18, must(between(8, 26));
        /// Whether people can sign in by a code or a link in a letter, without a password; only with `[mail]`.
        mail_sign_in: bool = true;
        /// How long a session lives without being used.
        session_idle: Duration = hours(24), must(between(minutes(5), days(90)));
        /// How long a session lives at most, however often it is used.
        session_absolute: Duration = days(14), must(between(minutes(5), days(365)));
        /// Both limits for the session of someone who chose to stay signed in.
        session_remembered: Duration = days(30), must(between(minutes(5), days(365)));
        /// How long an administrator's session lives without being used, even if they chose to stay signed in. Applications that
        /// refresh in the background keep what they have, and no more.
        administrator_idle: Duration = minutes(15), must(between(minutes(1), hours(24)));
        /// How long an administrator's session lives at most, however often it is used.
        administrator_absolute: Duration = hours(8), must(between(minutes(5), days(14)));
        /// Who needs a second factor, an authenticator app or a passkey, beside the password: only people who have set one
        /// up, all administrators, or everybody. Who needs one and has none sets up an app at the next sign-in.
        second_factor: SecondFactor = SecondFactor::Optional;
        /// The roles whose people need a second factor, too, wherever they sign in. A client can require one of all who sign in
        /// to it: `clients.require_second_factor`.
        second_factor_roles: Vec<String> = vec![];
        /// How recently a person must have signed in to change what protects the account.
        step_up: Duration = minutes(5), must(between(minutes(1), hours(1)));
        /// How long a browser that a person trusts does not ask for the second factor; `0s` offers no such trust.
        trusted_browser: Duration = days(30), must(between(seconds(0), days(365)));
        /// How long after its person has asked for it an account is deleted; who signs in before keeps it.
        deletion_grace: Duration = days(7), must(between(seconds(0), days(90)));
        /// How long an anonymous account is kept after it was last used; only clients with `anonymous_accounts` begin them.
        anonymous_kept: Duration = days(30), must(between(days(1), days(365)));
        /// How many anonymous accounts can begin in a minute, from all networks together.
        anonymous_per_minute: u32 = 120, must(between(1, 60_000));
        /// How long a sign-in may take from its start to its end.
        interaction: Duration = minutes(30), must(between(minutes(10), minutes(60)));
        /// How long a link works that `latchkey user add` or `latchkey user set-password` prints, and, unless it says otherwise, an
        /// invitation.
        invitation: Duration = hours(72), must(between(minutes(10), days(14)));
        /// The minimum length of a password, in characters. Less than 15 is for `second_factor = "everybody"`.
        password_min_length: u32 = 15, must(between(8, 64));
        /// The memory that hashing one password takes. Hashes made with less are renewed at the next sign-in.
        argon2_memory: Size = Size::mib(19), must(between(Size::mib(19), Size::mib(4096)));
        /// How many passes argon2 makes over its memory; 1 is allowed from 46 MiB on.
        argon2_iterations: u32 = 2, must(between(1, 100));
        /// How many lanes argon2 uses.
        argon2_parallelism: u32 = 1, must(between(1, 16));
        /// How many passwords are hashed at once.
        hashing_at_once: Option<u32> = None, must(if_set(between(1, 1024))),
            otherwise("the number of cores, or what fits into a quarter of the memory if that is less");
        /// How many sign-ins may wait for a password to be hashed; beyond that the answer is 503.
        hashing_queue: u32 = 64, must(between(1, 100_000));
        /// How long a sign-in waits for hashing before the answer is 503.
        hashing_wait: Duration = seconds(2), must(between(Duration::from_millis(100), seconds(20)));
        /// How many failed tries of an account cost no waiting.
        throttle_free: u32 = 4, must(between(1, 20));
        /// The longest wait before the next try counts; waits begin at one second and double.
        throttle_longest: Duration = seconds(60), must(between(seconds(1), hours(1)));
        /// After how many failures in a row an account no longer accepts its password, except on known devices.
        throttle_close: u32 = 100, must(between(10, 1000));
        /// How long a browser stays known after a person has signed in with it: there, other people's tries do not
        /// lock the person out.
        known_device: Duration = days(180), must(between(days(1), days(365)));
        /// How many passwords an address (IPv4, or IPv6 /64) may try in a minute. Right ones take nothing, and a browser that the
        /// account's owner has signed in with is counted by itself. Passkeys and recovery codes can be tried twelve times as often.
        address_per_minute: u32 = 10, must(at_least(1));
        /// How many passwords an address may try at once, before that rate applies; of passkeys and recovery codes, fifteen times as many.
        address_burst: u32 = 20, must(at_least(1));
    }
}
