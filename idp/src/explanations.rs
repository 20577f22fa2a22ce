//! Why a request was refused, kept for `latchkey explain` under a code that is shown with the refusal.
//!
//! What a request is judged by is noted in its task (`store::origin`), which costs no write; only a refusal writes, one row. A
//! flood of refusals writes no more than these rates, and what cannot be written shows no code.

use std::time::Duration;

use crate::app::App;
use crate::base::reference::Reference;
use crate::oidc::steps::Step;
use crate::store::ephemeral::Rate;
use crate::store::installation::explanation::{Explanation, Keep};
use crate::store::origin::Origin;

/// How often a network gets a code: enough for whoever looks for a mistake in a configuration.
const OF_NETWORK: Rate = Rate { burst: 30, period: Duration::from_secs(2) };

/// How often everybody together does.
const OF_ALL: Rate = Rate { burst: 300, period: Duration::from_millis(250) };

/// How long a refusal waits for the database to keep its explanation.
const PATIENCE: Duration = Duration::from_secs(1);

/// Keeps why the present request is refused, and returns the code for it. `None` if it is not kept: explanations are off, there
/// are too many, or the database does not answer. Each request has one; later calls return the same.
pub async fn keep(app: &App, last: impl FnOnce() -> Step) -> Option<Reference> {
    let origin = Origin::current()?;
    let explained = origin.explanation();
    let about = explained.about.filter(|_| !app.config.log.explanations_kept.is_zero())?;
    if let Some(reference) = explained.reference() {
        return Some(reference.clone());
    }
    app.ephemeral.limit(&format!("explain:{}", explained.bucket), OF_NETWORK).await.ok()?;
    app.ephemeral.limit("explain", OF_ALL).await.ok()?;
    let mut steps = explained.steps();
    steps.push(last());
    let explanation = Explanation {
        at: app.now(),
        about: about.to_owned(),
        client_id: origin.client_id().map(str::to_owned),
        request_id: Some(origin.request_id.clone()),
        steps,
    };
    let reference = Reference::new(&app.random);
    let kept = app.db.write(Keep { reference: reference.clone(), explanation });
    // A refusal is answered whether or not it can be explained later.
    if !matches!(tokio::time::timeout(PATIENCE, kept).await, Ok(Ok(true))) {
        return None;
    }
    explained.keep(reference.clone());
    Some(reference)
}
