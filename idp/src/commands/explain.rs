//! `latchkey explain`.

use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::base::reference::Reference;
use crate::commands::output::{Failure, Outcome, Output, details, failed, harmless};
use crate::store::installation::explanation::{self, Explanation};

/// Which refusal is explained.
#[derive(Args, Clone, Debug)]
pub struct Explain {
    /// The code, such as AB3D-9KQX
    #[arg(value_name = "CODE", value_parser = reference)]
    pub code: Reference,
}

fn reference(text: &str) -> Result<Reference, &'static str> {
    Reference::parse(text).ok_or("a code has eight letters and digits, such as AB3D-9KQX")
}

/// Prints how the request was judged.
pub(super) async fn command(app: &App, wanted: &Explain) -> Outcome {
    let (kept, code) = (app.config.log.explanations_kept, &wanted.code);
    let mut conn = app.db.read().await.map_err(failed)?;
    // Another process may keep what this configuration does not.
    let Some(found) = explanation::find(&mut conn, code, app.now(), kept).await.map_err(failed)? else {
        if kept.is_zero() {
            let why = format!("Nothing is kept under {code}, and log.explanations_kept is 0s.");
            return Err(Failure::Failed(why));
        }
        return Err(Failure::Failed(format!(
            "Nothing is kept under {code}: it is mistyped, or older than log.explanations_kept, or of another installation."
        )));
    };
    let data = json!({
        "code": code.to_string(),
        "at": found.at.to_string(),
        "about": found.about,
        "client_id": found.client_id,
        "request_id": found.request_id,
        "kept_until": found.kept_until.unwrap_or(found.at + kept).to_string(),
        "steps": found.steps,
    });
    Ok(Output::new(text(code, &found), &data))
}

fn text(code: &Reference, found: &Explanation) -> String {
    let lines = details(&[
        ("code", code.to_string()),
        ("refused at", found.at.to_string()),
        ("what", found.about.clone()),
        ("client", found.client_id.clone().unwrap_or_default()),
        ("request id", found.request_id.clone().unwrap_or_default()),
    ]);
    let steps = found.steps.iter().enumerate().map(|(at, step)| {
        let mark = if step.passed { "ok  " } else { "FAIL" };
        format!("{:2}. {mark} {}: {}", at + 1, harmless(&step.of), harmless(&step.says))
    });
    format!("{lines}\n\n{}", steps.collect::<Vec<_>>().join("\n"))
}
