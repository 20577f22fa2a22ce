//! `latchkey stats`.

use std::time::Duration;

use serde::Serialize;

use crate::app::App;
use crate::commands::output::{Outcome, Output, details, failed, table};
use crate::config::units::days;
use crate::store::counts::{self, Count, Day};

/// For how many days sign-ins are counted.
const DAYS: i64 = 30;

/// For how many of them the text has a line each.
const SHOWN: usize = 7;

/// What there is, and how much it is used.
#[derive(Clone, Debug, Serialize)]
struct Stats {
    people: Count,
    /// How many of them are visitors, whose accounts nobody can sign in to.
    visitors: Count,
    active_in_30_days: Count,
    sessions: Count,
    grants: Count,
    clients: Count,
    sign_ins_in_7_days: Count,
    sign_ins_in_30_days: Count,
    /// The last 30 days, the present one last.
    sign_ins_a_day: Vec<Day>,
    /// Whether events are kept for less than 30 days, so that the first of them are missing.
    events_kept_for_less: bool,
}

/// Counts what there is.
pub(super) async fn command(app: &App) -> Outcome {
    let now = app.now();
    let mut conn = app.db.read().await.map_err(failed)?;
    let (daily, more) = counts::sign_ins(&mut conn, now, DAYS).await.map_err(failed)?;
    let sum =
        |days: usize| Count { count: daily.iter().rev().take(days).map(|day| day.sign_ins).sum(), at_least: more };
    let stats = Stats {
        people: counts::people(&mut conn).await.map_err(failed)?,
        visitors: counts::visitors(&mut conn).await.map_err(failed)?,
        active_in_30_days: counts::active(&mut conn, now - days(30)).await.map_err(failed)?,
        sessions: counts::sessions(&mut conn, now).await.map_err(failed)?,
        grants: counts::grants(&mut conn, now).await.map_err(failed)?,
        clients: counts::clients(&mut conn).await.map_err(failed)?,
        sign_ins_in_7_days: sum(SHOWN),
        sign_ins_in_30_days: sum(daily.len()),
        events_kept_for_less: app.config.log.events_kept < Duration::from_secs(30 * 86_400),
        sign_ins_a_day: daily,
    };
    Ok(Output::new(text(&stats), &stats))
}

fn text(stats: &Stats) -> String {
    let shown = |count: Count| format!("{}{}", if count.at_least { "at least " } else { "" }, count.count);
    let a_day = |count: Count, days: i64| format!("{} ({:.1} a day)", shown(count), count.count as f64 / days as f64);
    let lines = details(&[
        ("people", shown(stats.people)),
        ("of them visitors", shown(stats.visitors)),
        ("active in 30 days", shown(stats.active_in_30_days)),
        ("sessions", shown(stats.sessions)),
        ("grants", shown(stats.grants)),
        ("clients", shown(stats.clients)),
        ("sign-ins in 7 days", a_day(stats.sign_ins_in_7_days, 7)),
        ("sign-ins in 30 days", a_day(stats.sign_ins_in_30_days, 30)),
    ]);
    let kept = match stats.events_kept_for_less {
        true => "\nEvents are kept for less than 30 days (log.events_kept), so that earlier sign-ins are not counted.",
        false => "",
    };
    let rows: Vec<[String; 2]> = stats
        .sign_ins_a_day
        .iter()
        .rev()
        .take(SHOWN)
        .rev()
        .map(|day| [day.day.clone(), day.sign_ins.to_string()])
        .collect();
    format!("{lines}{kept}\n\n{}", table(["DAY (UTC)", "SIGN-INS"], &rows, ""))
}
