//! The `response_mode` parameter.

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::params::Params;

/// How the answer reaches the client: OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
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
            Self::FormPost => "form_post",
        }
    }

    /// The mode that a request asks for; the query if it asks for none.
    pub fn parse(params: &Params) -> Result<Self, Error> {
        let Some(name) = params.once("response_mode")? else { return Ok(Self::default()) };
        let offered = Self::ALL.into_iter().find(|mode| mode.as_str() == name);
        offered.ok_or_else(|| Error::invalid_request("This response_mode is not offered for this response type."))
    }
}
