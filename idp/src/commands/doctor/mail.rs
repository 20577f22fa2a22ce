//! Mail: whether the mail servers let us send, and whether letters wait.

use std::time::Duration;

use crate::app::App;
use crate::commands::finding::Finding;
use crate::config::Config;
use crate::server::boot;
use crate::store::people::outbox;

/// Goes as far with each mail server as a letter would.
pub(super) async fn servers(config: &Config, patience: Duration) -> Vec<Finding> {
    if config.mail.from.is_none() {
        return Vec::new();
    }
    let mut config = config.clone();
    config.mail.timeout = config.mail.timeout.min(patience);
    let mailer = match boot::mailer(&config) {
        Ok(mailer) => mailer,
        Err(error) => return vec![Finding::problem("mail", format!("{error:#}")).so("The server does not start.")],
    };
    let reached = mailer.reach().await;
    let works = reached.iter().any(|(_, outcome)| outcome.is_ok());
    let finding = |(server, outcome): (String, Result<(), crate::mail::failure::Failure>)| match outcome {
        Ok(()) => Finding::ok("mail", format!("{server} lets us send")),
        Err(failure) => {
            let what = failure.to_string();
            let so = if works { "Letters go by another mail server." } else { "No letters are sent; they wait." };
            Finding::problem("mail", what).so(so).fix(failure.advice())
        }
    };
    reached.into_iter().map(finding).collect()
}

/// Letters that no mail server took.
pub(super) async fn outbox(app: &App) -> Vec<Finding> {
    let Ok(mut conn) = app.db.read().await else { return Vec::new() };
    match outbox::counts(&mut conn).await {
        Ok((_, dead @ 1..)) => {
            let what = format!("{dead} letters were given up, since no mail server took them");
            vec![Finding::advice("mail", what).fix("See latchkey mail outbox, then latchkey mail retry or discard.")]
        }
        _ => Vec::new(),
    }
}
