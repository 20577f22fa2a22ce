//! The `response_mode` parameter.

use serde::{Deserialize, Serialize};

use crate::oidc::authorization::response_type;
use crate::oidc::difference::Difference;
use crate::oidc::error::Error;
use crate::oidc::params::Params;

/// How the answer reaches the client: OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// In the fragment of the redirect URI; only refusals go there.
    Fragment,
    /// In a form that the browser posts to the redirect URI.
    FormPost,
}

impl ResponseMode {
    /// All that are offered.
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    /// The parameter's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }

    /// The mode that a request asks for; the query if it asks for none.
    pub fn parse(params: &Params) -> Result<Self, Error> {
        let Some(name) = params.once("response_mode")? else { return Ok(Self::default()) };
        let offered = Self::ALL.into_iter().find(|mode| mode.as_str() == name);
        offered.ok_or_else(|| {
            let difference = Difference::one_of("response_mode", name, Self::ALL.map(Self::as_str));
            Error::invalid_request("This response_mode is not offered for this response type.").because(difference)
        })
    }

    /// How an answer or a refusal reaches the client: in the mode that the request asks for, else in the default mode
    /// of its response type (Multiple Response Types §2.1 and §5).
    pub fn of_answer(params: &Params) -> Self {
        match Self::parse(params) {
            Ok(mode) if params.get("response_mode").is_some() => mode,
            _ if response_type::has_tokens(params) => Self::Fragment,
            // A client that asks for the fragment reads only that, and would otherwise wait for an answer for ever.
            _ if params.get("response_mode") == Some(Self::Fragment.as_str()) => Self::Fragment,
            _ => Self::Query,
        }
    }
}
