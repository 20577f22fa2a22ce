//! What a provider answers by a form, between the browser's post and our own page: OAuth 2.0 Form Post Response Mode. A post from another
//! site comes without our cookies.

use std::time::Duration;

use super::refusal::Refusal;
use crate::app::App;
use crate::base::encoding::sha256_text;
use crate::config::Upstream;
use crate::oidc::params::Params;

/// How long an answer waits for the redirect.
const WAITS: Duration = Duration::from_secs(5 * 60);

/// The longest answer, in bytes: a code, a state, and a name.
const LONGEST: usize = 16 * 1024;

fn place(upstream: &Upstream, handle: &str) -> String {
    format!("upstream-posted:{}:{}", upstream.name, sha256_text(handle.as_bytes()))
}

/// Keeps an answer; returns by which word it is found.
pub async fn keep(app: &App, upstream: &Upstream, form: &[u8]) -> Result<String, Refusal> {
    if form.len() > LONGEST {
        return Err(Refusal::wrong("the form that it has posted is too long"));
    }
    let handle = app.random.name::<32>();
    app.ephemeral.put(&place(upstream, &handle), form, app.now() + WAITS).await?;
    Ok(handle)
}

/// Takes an answer, once.
pub async fn take(app: &App, upstream: &Upstream, handle: &str) -> Result<Option<Params>, Refusal> {
    let kept = app.ephemeral.take(&place(upstream, handle)).await?;
    kept.map(|form| Params::parse(&form).map_err(Refusal::wrong)).transpose()
}
