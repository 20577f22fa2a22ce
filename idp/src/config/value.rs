//! How each type of value is read, and written again for people.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::source::Raw;
use super::units::{Size, parse_duration, parse_size, render_duration, render_size};
use crate::base::network::Network;
use crate::base::seal::SealingKey;
use crate::base::secret::Secret;
use crate::jose::algorithm::Algorithm;
use crate::oidc::client::metadata::{ClientKind, TokenEndpointAuthMethod};
use crate::oidc::scope::ScopeSet;

/// A type that a key can have.
pub(super) trait Value: Clone + 'static {
    /// Whether the value may also come from a file, and must not be shown.
    const SECRET: bool = false;

    /// Whether a value may contain a comma. If so, an environment variable with a comma is not split into a list.
    const COMMAS: bool = false;

    /// What is expected, in words.
    fn expected() -> String;

    /// Reads the value; an error says what is allowed, if that is more than `expected` says.
    fn parse(raw: &Raw) -> Result<Self, String>;

    /// Writes the value as in the file; empty if there is none.
    fn render(&self) -> String;

    /// Writes the value for people to look at.
    fn shown(&self) -> String {
        if Self::SECRET { quoted("[secret]") } else { self.render() }
    }
}

pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A URL as it is shown, without its password and options, either of which can be a credential.
pub(super) fn without_credentials(url: &Secret) -> String {
    let shown = url::Url::parse(url.expose()).ok().and_then(|mut url| {
        if url.password().is_some() {
            url.set_password(Some("***")).ok()?;
        }
        if url.query().is_some() {
            url.set_query(Some("***"));
        }
        Some(quoted(url.as_str()))
    });
    shown.unwrap_or_else(|| quoted("[secret]"))
}

impl Value for bool {
    fn expected() -> String {
        "true or false".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        raw.boolean().ok_or_else(Self::expected)
    }
    fn render(&self) -> String {
        self.to_string()
    }
}

impl Value for u32 {
    fn expected() -> String {
        "a whole number".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        raw.integer().and_then(|n| n.try_into().ok()).ok_or_else(Self::expected)
    }
    fn render(&self) -> String {
        self.to_string()
    }
}

impl Value for u64 {
    fn expected() -> String {
        "a whole number".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        raw.integer().and_then(|n| n.try_into().ok()).ok_or_else(Self::expected)
    }
    fn render(&self) -> String {
        self.to_string()
    }
}

impl Value for String {
    fn expected() -> String {
        "text".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        let text = raw.text().ok_or_else(Self::expected)?.trim();
        if text.is_empty() { Err("text that is not empty".to_owned()) } else { Ok(text.to_owned()) }
    }
    fn render(&self) -> String {
        quoted(self)
    }
}

impl Value for Secret {
    const SECRET: bool = true;
    const COMMAS: bool = true;
    fn expected() -> String {
        "secret text".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        String::parse(raw).map(Self::from)
    }
    fn render(&self) -> String {
        self.shown()
    }
}

impl Value for SealingKey {
    const SECRET: bool = true;
    fn expected() -> String {
        "32 random bytes in base64, as `openssl rand -base64 32` writes them".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        let key = raw.text().and_then(Self::from_text).ok_or_else(Self::expected)?;
        if key.expose().iter().all(|byte| *byte == key.expose()[0]) {
            return Err("random bytes; these are all the same".to_owned());
        }
        Ok(key)
    }
    fn render(&self) -> String {
        self.shown()
    }
    fn shown(&self) -> String {
        quoted(&format!("[secret, key {}]", self.id()))
    }
}

impl Value for PathBuf {
    fn expected() -> String {
        "a path".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        String::parse(raw).map(Self::from)
    }
    fn render(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

impl Value for Duration {
    fn expected() -> String {
        "a duration".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        let duration = raw.text().and_then(parse_duration);
        duration.ok_or_else(|| "a duration with its unit (d, h, m, s, ms), such as \"10m\"".to_owned())
    }
    fn render(&self) -> String {
        quoted(&render_duration(*self))
    }
}

impl Value for Size {
    fn expected() -> String {
        "a size".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        let size = raw.text().and_then(parse_size);
        size.ok_or_else(|| "a size with its unit (B, KiB, MiB, GiB), such as \"64 KiB\"".to_owned())
    }
    fn render(&self) -> String {
        quoted(&render_size(*self))
    }
}

impl Value for SocketAddr {
    fn expected() -> String {
        "an address and port".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        let address = raw.text().and_then(|text| text.trim().parse().ok());
        address.ok_or_else(|| "an address and port, such as \"127.0.0.1:8080\" or \"[::]:8080\"".to_owned())
    }
    fn render(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Value for Network {
    fn expected() -> String {
        "an address or range".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        let network = raw.text().and_then(Network::parse);
        network.ok_or_else(|| "addresses or ranges, such as \"10.0.0.0/8\" or \"fd00::/8\"".to_owned())
    }
    fn render(&self) -> String {
        quoted(&self.to_string())
    }
}

/// A colour as a style sheet writes it: `#rrggbb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Color(String);

impl Color {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let well_formed = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        well_formed.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The colour, in lower case; safe to be put into a style sheet.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Color {
    fn expected() -> String {
        "a colour".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(Color::parse).ok_or_else(|| "a colour as \"#rrggbb\"".to_owned())
    }
    fn render(&self) -> String {
        quoted(&self.0)
    }
}

/// Types from the specs whose values are written as names.
macro_rules! named {
    ($($type:ty),+) => { $(
        impl $crate::config::value::Value for $type {
            fn expected() -> String {
                Self::ALL.map(|one| $crate::config::value::quoted(one.as_str())).join(", ")
            }
            fn parse(raw: &$crate::config::source::Raw) -> Result<Self, String> {
                let text = raw.text().map(str::trim);
                let named = Self::ALL.into_iter().find(|one| Some(one.as_str()) == text);
                named.ok_or_else(|| format!("one of {}", <Self as $crate::config::value::Value>::expected()))
            }
            fn render(&self) -> String {
                $crate::config::value::quoted(self.as_str())
            }
        }
    )+ };
}
pub(super) use named;

named!(Algorithm, ClientKind, TokenEndpointAuthMethod);

impl Value for ScopeSet {
    fn expected() -> String {
        "scopes, separated by spaces".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(|text| Self::parse(text).ok()).ok_or_else(<Self as Value>::expected)
    }
    fn render(&self) -> String {
        quoted(&self.to_string())
    }
}

impl<T: Value> Value for Option<T> {
    const SECRET: bool = T::SECRET;
    fn expected() -> String {
        T::expected()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        T::parse(raw).map(Some)
    }
    fn render(&self) -> String {
        self.as_ref().map(T::render).unwrap_or_default()
    }
    fn shown(&self) -> String {
        self.as_ref().map(T::shown).unwrap_or_default()
    }
}

impl<T: Value> Value for Vec<T> {
    const SECRET: bool = T::SECRET;
    fn expected() -> String {
        format!("a list: {}", T::expected())
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        if T::COMMAS && raw.is_split_at_commas() {
            return Err("a list as in the file, [\"…\", \"…\"]: a comma may belong to one of them".to_owned());
        }
        raw.list().ok_or_else(Self::expected)?.iter().map(T::parse).collect()
    }
    fn render(&self) -> String {
        format!("[{}]", self.iter().map(T::render).collect::<Vec<_>>().join(", "))
    }
    fn shown(&self) -> String {
        format!("[{}]", self.iter().map(T::shown).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn strangers_text_never_panics(text in "\\PC{0,40}") {
            let _ = Color::parse(&text);
        }
    }
}
