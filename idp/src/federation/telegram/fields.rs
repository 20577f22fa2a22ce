//! Names and values as Telegram has signed them, and the text that its signatures are about.

use std::collections::BTreeMap;
use std::time::Duration;

use super::wrong::Wrong;
use crate::base::clock::{SKEW, Timestamp};
use crate::oidc::params::{MAX_PARAMS, form_decode};

/// For how long what Telegram has signed counts.
pub(super) const COUNTS_FOR: Duration = Duration::from_secs(300);

/// Names and values, each name once. No value has a control character: with a line break in one, the text that is signed could be read in
/// two ways.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`. Names without a value stay: they are signed, too.
    pub(super) fn parse(encoded: &str) -> Result<Self, Wrong> {
        let pairs = encoded.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').ok_or(Wrong::Unreadable("it is no list of names and values"))?;
            let text = |part: &str| form_decode(part.as_bytes()).ok_or(Wrong::Unreadable("a part of it is no text"));
            Ok((text(name)?, text(value)?))
        });
        Self::of(pairs.collect::<Result<Vec<_>, _>>()?)
    }

    /// Takes names and values that were read elsewhere.
    pub(super) fn of(pairs: Vec<(String, String)>) -> Result<Self, Wrong> {
        if pairs.len() > MAX_PARAMS {
            return Err(Wrong::Unreadable("it has too many names"));
        }
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !is_name || value.contains(char::is_control) {
                return Err(Wrong::Character(name));
            }
            if fields.insert(name.clone(), value).is_some() {
                return Err(Wrong::Repeated(name));
            }
        }
        Ok(Self(fields))
    }

    /// Takes a field away that is not signed itself.
    pub(super) fn take(&mut self, name: &'static str) -> Result<String, Wrong> {
        self.0.remove(name).ok_or(Wrong::Missing(name))
    }

    /// Takes a field away, if it is there.
    pub(super) fn leave_out(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The value of a field.
    pub(super) fn get(&self, name: &'static str) -> Result<&str, Wrong> {
        self.0.get(name).map(String::as_str).ok_or(Wrong::Missing(name))
    }

    /// The value of a field that may be absent or empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The first name that is none of these.
    pub(super) fn unknown(&self, known: &[&str]) -> Option<&str> {
        self.0.keys().map(String::as_str).find(|name| !known.contains(name))
    }

    /// All names and values, in the order of the names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The text that is signed: `name=value`, a line each, in the order of the names.
    pub(super) fn check_string(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n")
    }

    /// When Telegram has signed them, if that is not too long ago.
    pub(super) fn signed_at(&self, now: Timestamp) -> Result<Timestamp, Wrong> {
        let text = self.get("auth_date")?;
        let is_number = !text.starts_with('0') && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = text.parse().ok().filter(|_| is_number).ok_or(Wrong::Unreadable("auth_date is no time"))?;
        let at = Timestamp::from_seconds(seconds);
        if at > now + SKEW {
            return Err(Wrong::Ahead);
        }
        let age = now.since(at);
        if age > COUNTS_FOR { Err(Wrong::Old(age)) } else { Ok(at) }
    }
}
