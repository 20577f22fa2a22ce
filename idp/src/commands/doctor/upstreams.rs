//! Other providers: whether each takes our client and our requests, and whether names in their settings are those of something.

use crate::app::App;
use crate::commands::finding::Finding;
use crate::config::Upstream;
use crate::federation;
use crate::federation::probe::{Probed, Verdict, probe};
use crate::server::loose_ends;

/// Asks each provider that is enabled, all at once, as `latchkey upstream test` does.
pub(super) async fn asked(app: &App) -> Vec<Finding> {
    // What cannot be read was found before.
    let all = federation::read(app).await.unwrap_or_default();
    let enabled = all.into_iter().filter(|one| one.disabled_at.is_none() && !federation::is_by_bot(one));
    let asking: Vec<_> = enabled
        .map(|one| {
            let app = app.clone();
            tokio::spawn(async move {
                let probed = probe(&app, &one.settings).await;
                told(&one.settings, &probed)
            })
        })
        .collect();
    let mut found = Vec::new();
    for finding in asking {
        found.extend(finding.await);
    }
    found
}

/// What was found about a provider, in one line: the worst of it.
fn told(upstream: &Upstream, probed: &Probed) -> Finding {
    let name = &upstream.name;
    let wrong = probed.verdicts().find_map(|(subject, verdict)| match verdict {
        Verdict::Wrong(what) => Some(format!("{name}, {subject}: {what}")),
        _ => None,
    });
    let test = format!("latchkey upstream test {name}");
    match (wrong, &probed.secret, &probed.request) {
        (Some(wrong), ..) => Finding::problem("upstreams", wrong)
            .so("People may not be able to come in by it.")
            .fix(format!("See {test}, or latchkey upstream disable {name}.")),
        (_, Verdict::Unclear(what), _) => Finding::advice("upstreams", format!("{name}, secret: {what}")).fix(test),
        (_, _, Verdict::Unclear(_)) => {
            let what =
                "it takes the client; whether it takes the redirect URI and the scopes is seen in a browser alone";
            Finding::advice("upstreams", format!("{name}: {what}")).fix(format!("{test} has the address to open."))
        }
        _ => Finding::ok("upstreams", format!("{name}: it takes the client, the redirect URI and the scopes")),
    }
}

/// Names in the settings that nothing has, and accounts of providers that there are no more.
pub(super) async fn loose_ends(app: &App) -> Vec<Finding> {
    let found = loose_ends::find(app).await.unwrap_or_default();
    found.into_iter().map(|one| Finding::advice(one.section, one.what).so(one.so).fix(one.fix)).collect()
}
