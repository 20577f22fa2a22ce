//! Parameters as they come in a query or a form.

use std::fmt;

use url::form_urlencoded;

use crate::oidc::error::Error;

/// How many parameters a request may have.
pub const MAX_PARAMS: usize = 64;

/// The parameters of a request in the order in which they were sent; one without a value counts as not sent
/// (RFC 6749 §3.1).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `application/x-www-form-urlencoded`: RFC 6749 appendix B.
    ///
    /// More than 64 parameters, a NUL (which one of the databases cannot store) and invalid UTF-8 are errors.
    pub fn parse(encoded: &[u8]) -> Result<Self, Error> {
        let mut pairs = Vec::new();
        for (count, pair) in encoded.split(|&b| b == b'&').filter(|pair| !pair.is_empty()).enumerate() {
            if count == MAX_PARAMS {
                return Err(Error::invalid_request("Too many parameters."));
            }
            let (name, value) = match pair.iter().position(|&b| b == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            let text = |bytes| form_decode(bytes).ok_or_else(|| Error::invalid_request("A parameter is not text."));
            pairs.push((text(name)?, text(value)?));
        }
        Ok(Self::from_pairs(pairs))
    }

    /// These parameters; those without a value are left out.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The parameter's value, the first if there are several.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The parameter's value; an error that names it if it was sent more than once.
    pub fn once(&self, name: &str) -> Result<Option<&str>, Error> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(twice(name)),
        }
    }

    /// The parameter's value; an error that names it if it was not sent or was sent more than once.
    pub fn required(&self, name: &str) -> Result<&str, Error> {
        self.once(name)?.ok_or_else(|| Error::invalid_request(format!("The parameter '{name}' is missing.")))
    }

    /// The first parameter that was sent more than once, though it must not be (RFC 6749 §3.1); `resource` may
    /// (RFC 8707 §2).
    pub fn repeated(&self) -> Option<&str> {
        let names = self.0.iter().map(|(name, _)| name.as_str());
        names
            .enumerate()
            .find(|(i, name)| *name != "resource" && self.0[..*i].iter().any(|(n, _)| n == name))
            .map(|(_, n)| n)
    }

    /// An error that names the first parameter that was sent more than once.
    pub fn refuse_repeated(&self) -> Result<(), Error> {
        self.repeated().map_or(Ok(()), |name| Err(twice(name)))
    }

    /// All values of the parameter.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(n, _)| *n == name).map(|(_, value)| value)
    }

    /// Names and values in the order in which they were sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The parameters as `application/x-www-form-urlencoded`.
    pub fn encode(&self) -> String {
        form_encode(self.iter())
    }
}

impl fmt::Debug for Params {
    /// The names alone: values may be codes, tokens and passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

fn twice(name: &str) -> Error {
    // Anybody may have chosen the name, and the error may end up in a URL.
    let name: String = name.chars().take(40).collect();
    Error::invalid_request(format!("The parameter '{name}' was sent more than once."))
}

/// Names and values as `application/x-www-form-urlencoded`.
pub fn form_encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// One name or value of `application/x-www-form-urlencoded`; `None` if it is not UTF-8 or has a NUL.
///
/// A `%` without two hexadecimal digits stands for itself, as in browsers.
pub(crate) fn form_decode(encoded: &[u8]) -> Option<String> {
    let hex = |at: usize| encoded.get(at).and_then(|&b| char::from(b).to_digit(16));
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut at = 0;
    while at < encoded.len() {
        match (encoded[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).ok()?);
                at += 2;
            }
            (b'+', ..) => bytes.push(b' '),
            (byte, ..) => bytes.push(byte),
        }
        at += 1;
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// The value of a parameter; an error if it was sent more than once or is longer than this.
pub(crate) fn bounded(params: &Params, name: &str, limit: usize) -> Result<Option<String>, Error> {
    match params.once(name)? {
        Some(value) if value.len() > limit => {
            Err(Error::invalid_request(format!("The parameter '{name}' is longer than {limit} bytes.")))
        }
        value => Ok(value.map(str::to_owned)),
    }
}

/// The first words of a list of preferences; further words are ignored and not refused.
pub(crate) fn words<'a>(params: &'a Params, name: &str) -> impl Iterator<Item = String> + use<'a> {
    params.get(name).unwrap_or_default().split_ascii_whitespace().take(16).map(str::to_owned)
}

/// Whether this looks like a language tag: RFC 5646 §2.1.
pub(crate) fn language_tag(text: &str) -> bool {
    text.len() <= 35 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Params {
        Params::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_parameter_without_a_value_was_not_sent() {
        let params = parse("state=&scope&nonce=n&&");
        assert_eq!(params.iter().collect::<Vec<_>>(), [("nonce", "n")]);
        assert_eq!(parse("state=&state=s").once("state").unwrap(), Some("s"));
    }

    #[test]
    fn a_parameter_sent_twice_is_named() {
        let params = parse("a=1&b=2&b=3&a=4&resource=x&resource=y");
        assert_eq!(params.repeated(), Some("b"));
        assert_eq!(params.once("a").unwrap_err().description, "The parameter 'a' was sent more than once.");
        assert_eq!(params.get("a"), Some("1"));
        assert_eq!(parse("a=1&b=2&resource=x&resource=y").repeated(), None);
    }

    #[test]
    fn q2_too_many_parameters_nuls_and_broken_text_are_errors() {
        assert!(Params::parse("a=1&".repeat(64).as_bytes()).is_ok());
        assert!(Params::parse("a=1&".repeat(65).as_bytes()).is_err());
        for text in [&b"a=%00"[..], b"a%00=1", b"a=\0", b"a=%ff", b"a=\xc3(", b"%c0%80=1"] {
            assert!(Params::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn escapes_are_read_as_browsers_read_them() {
        assert_eq!(parse("a=x+y%2Bz%20%C3%A9%").get("a"), Some("x y+z é%"));
        assert_eq!(parse("a=%zz%4").get("a"), Some("%zz%4"));
        assert_eq!(parse("a=b=c").get("a"), Some("b=c"));
    }

    #[test]
    fn values_do_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", parse("code=secret")), r#"{"code"}"#);
    }

    proptest! {
        #[test]
        fn what_is_rendered_is_parsed_again(pairs in prop::collection::vec(("[^\0]{0,12}", "[^\0]{1,20}"), 0..20)) {
            let params = Params::from_pairs(pairs);
            prop_assert_eq!(Params::parse(params.encode().as_bytes()).unwrap(), params);
        }

        #[test]
        fn strangers_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[a-c=&%+0-9]{0,60}") {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                if let Ok(params) = Params::parse(bytes) {
                    prop_assert_eq!(Params::parse(params.encode().as_bytes()).unwrap(), params);
                }
            }
        }
    }
}
