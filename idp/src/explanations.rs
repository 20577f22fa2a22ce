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

/// The same for answers to requests that may show nothing (`prompt=none`). Applications send them again and again, and most of
/// their answers are as everybody expects: they take no code from a refusal, and fill no table.
const OF_NETWORK_SILENTLY: Rate = Rate { burst: 5, period: Duration::from_secs(60) };

/// How often everybody together gets a code for such an answer.
const OF_ALL_SILENTLY: Rate = Rate { burst: 60, period: Duration::from_secs(10) };

/// What a refusal counts as for the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counted {
    /// Something that is wrong.
    #[default]
    Refusal,
    /// The answer to a request that may show nothing: the person would have to do something.
    Silent,
}

/// How long a refusal waits for the database to keep its explanation.
const PATIENCE: Duration = Duration::from_secs(1);

/// Keeps why the present request is refused, and returns the code for it. `None` if it is not kept: explanations are off, there
/// are too many, or the database does not answer. Each request has one; later calls return the same.
pub async fn keep(app: &App, counted: Counted, last: impl FnOnce() -> Step) -> Option<Reference> {
    let origin = Origin::current()?;
    let explained = origin.explanation();
    let about = explained.about.filter(|_| !app.config.log.explanations_kept.is_zero())?;
    if let Some(reference) = explained.reference() {
        return Some(reference.clone());
    }
    admit(app, counted, &origin).await?;
    let mut steps = explained.steps();
    steps.push(last());
    let at = app.now();
    let explanation = Explanation {
        at,
        kept_until: Some(at + app.config.log.explanations_kept),
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

/// Counts an explanation; `None` if there are too many.
async fn admit(app: &App, counted: Counted, origin: &Origin) -> Option<()> {
    let bucket = &origin.explanation().bucket;
    let (of_network, rate, of_all, rate_of_all) = match counted {
        Counted::Refusal => (format!("explain:{bucket}"), OF_NETWORK, "explain", OF_ALL),
        Counted::Silent => {
            // Of each client: one that asks too often takes no code from another.
            let of_client = format!("explain-silent:{bucket}:{}", origin.client_id().unwrap_or_default());
            (of_client, OF_NETWORK_SILENTLY, "explain-silent", OF_ALL_SILENTLY)
        }
    };
    app.ephemeral.limit(&of_network, rate).await.ok()?;
    app.ephemeral.limit(of_all, rate_of_all).await.ok()
}
