//! Patterns of failed sign-ins that one person does not make: one network that tries name after name (stuffing), one
//! password that is tried with name after name (spraying), one account that is tried from network after network.
//!
//! All of it is done beside the answer, and in the same way whether or not anybody has the name: so it shows in no time.
//! It only tells; what slows attackers down are the limits, which do not depend on it.

use std::time::Duration;

use tracing::Instrument;
use zeroize::Zeroizing;

use crate::app::App;
use crate::base::id::Id;
use crate::base::secret::Secret;
use crate::store::ephemeral::Crowd;
use crate::store::installation::event::Event;
use crate::store::origin::Origin;

/// How long failures are counted together.
const WINDOW: Duration = Duration::from_secs(600);

/// From how many names on the failures of one network, or with one password, are suspicious. An office or a
/// university behind one address has fewer people who mistype theirs in ten minutes.
const NAMES: Crowd = Crowd { least: 20, window: WINDOW };

/// From how many networks on the failures of one account are suspicious: a person has some devices.
const NETWORKS: Crowd = Crowd { least: 10, window: WINDOW };

const A_DAY: u64 = 24 * 60 * 60;

/// A failed sign-in.
pub struct Failure<'a> {
    /// The normalised name.
    pub name: &'a str,
    /// The password.
    pub password: &'a Secret,
    /// The network that it came from.
    pub network: &'a str,
    /// The user who has the name.
    pub user: Option<&'a Id>,
}

/// Notes a failed sign-in, beside its answer.
pub fn note(app: &App, failure: &Failure<'_>) {
    let counted = Counted {
        name: failure.name.to_owned(),
        network: failure.network.to_owned(),
        password: bucket(app, failure.password),
        user: failure.user.cloned(),
    };
    let app_of_task = app.clone();
    let work = async move { count(&app_of_task, &counted).await };
    app.requests.spawn(Origin::carried(work).in_current_span());
}

/// What is counted of it.
struct Counted {
    name: String,
    network: String,
    /// The bucket of the password.
    password: String,
    user: Option<Id>,
}

/// The bucket of a password: one of 4096, others on each day. Many passwords share one, so that a bucket says of a
/// password no more than one in 4096 could be it; yet ten minutes of other failures do not fill one with names.
fn bucket(app: &App, password: &Secret) -> String {
    let day = app.now().seconds().unsigned_abs() / A_DAY;
    let text = Zeroizing::new(format!("{day}:{}", password.expose()));
    let print = app.vault.derive("spraying").fingerprint(&text);
    print.chars().take(2).collect()
}

async fn count(app: &App, counted: &Counted) {
    let Counted { name, network, password, user } = counted;
    let (stuffing, spraying) = (format!("stuffing:{network}"), format!("spraying:{password}"));
    let guessing = format!("guessing:{name}");
    let (stuffing, spraying, guessing) = tokio::join!(
        app.ephemeral.gather(&stuffing, name, NAMES),
        app.ephemeral.gather(&spraying, name, NAMES),
        app.ephemeral.gather(&guessing, network, NETWORKS),
    );
    // Without the store nothing is told: the limits hold all the same.
    if let Ok(Some(names)) = stuffing {
        tell(app, "stuffing", Event::StuffingSuspected { network: network.clone(), names }).await;
    }
    if let Ok(Some(names)) = spraying {
        tell(app, "spraying", Event::SprayingSuspected { names }).await;
    }
    // A name that nobody has is not worth an event, and may be a password in the wrong field.
    if let (Ok(Some(networks)), Some(user)) = (guessing, user) {
        tell(app, "guessing", Event::GuessingSuspected { user: user.clone(), networks }).await;
    }
}

async fn tell(app: &App, kind: &'static str, event: Event) {
    app.metrics.suspect(kind);
    if let Err(error) = app.db.write(event).await {
        tracing::warn!("an attack is suspected ({kind}), and its event could not be written: {error}");
    }
}
