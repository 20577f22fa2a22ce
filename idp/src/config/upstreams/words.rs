//! The values of `[[upstreams]]` that are words.

use crate::config::value::named;

/// Declares values that are words, each with what it is.
macro_rules! words {
    ($(#[doc = $about:literal])+ pub enum $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $doc])+ $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}
pub(super) use words;

words! {
    /// How a provider speaks.
    pub enum Protocol {
        /// OpenID Connect.
        Oidc = "oidc",
        /// OAuth 2.0, and an address that tells who somebody is.
        Oauth2 = "oauth2",
    }
}

words! {
    /// How Latchkey authenticates at the token endpoint of a provider: RFC 6749 §2.3.1.
    pub enum UpstreamAuthMethod {
        /// By the header `Authorization: Basic`.
        ClientSecretBasic = "client_secret_basic",
        /// By the header, with the `client_id` in the form, too.
        ClientSecretBasicAndId = "client_secret_basic_and_id",
        /// By the form.
        ClientSecretPost = "client_secret_post",
        /// By the form, with a secret that is a JWT: <https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret>.
        AppleJwt = "apple_jwt",
    }
}

words! {
    /// Whether an ID token has to have the nonce of the request: Core §3.1.3.7.
    pub enum NonceUse {
        /// It has to.
        Required = "required",
        /// It may leave it out, and has the right one otherwise.
        IfPresent = "if_present",
        /// None is sent.
        Never = "never",
    }
}

words! {
    /// When a provider is asked at its UserInfo endpoint.
    pub enum UserinfoUse {
        /// Never.
        Never = "never",
        /// If an address is wanted, and the ID token has none.
        IfNeeded = "if_needed",
        /// Always.
        Always = "always",
    }
}

words! {
    /// How a provider is asked at its UserInfo endpoint.
    pub enum UserinfoRequest {
        /// By the header `Authorization: Bearer`: RFC 6750 §2.1.
        Bearer = "bearer",
        /// By the header `Authorization: OAuth`.
        OAuth = "oauth",
        /// By a form with the access token and the `client_id`.
        Form = "form",
    }
}

words! {
    /// Whether an address that a provider tells counts as proven.
    pub enum EmailProof {
        /// Never.
        Never = "never",
        /// If a claim beside it says so.
        Claim = "claim",
        /// Always.
        Always = "always",
    }
}

words! {
    /// When the profile of somebody takes the name and the language that a provider tells.
    pub enum TakenProfile {
        /// When an account is made by it.
        Once = "once",
        /// At each sign-in by it as well.
        Always = "always",
    }
}

named!(EmailProof, NonceUse, Protocol, TakenProfile, UpstreamAuthMethod, UserinfoRequest, UserinfoUse);
