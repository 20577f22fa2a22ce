//! The kind of a JWT, stated in its header so that no kind is taken for another: RFC 8725 §3.11.

/// The `typ` of a JWT that this provider makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ {
    /// An ID Token: RFC 7519 §5.1.
    Jwt,
    /// An access token: RFC 9068 §2.1.
    AccessToken,
}

impl Typ {
    /// The header's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "JWT",
            Self::AccessToken => "at+jwt",
        }
    }
}
