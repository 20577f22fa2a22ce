//! The id of a request, by which an operator finds its line in the log.

use axum::extract::Request;

use crate::base::random::Random;

/// The id of one request, in the log and on its error page.
#[derive(Clone, Debug, Default)]
pub struct RequestId(String);

impl RequestId {
    /// A new one.
    pub fn new(random: &Random) -> Self {
        Self(random.name::<9>())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id that the log layer gave the request.
    pub fn of(request: &Request) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self("-".to_owned()))
    }
}
