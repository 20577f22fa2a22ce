//! Named points at which a test kills the process, to see what a crash leaves behind.
//!
//! They have an effect only in a debug build that was started with `LATCHKEY_TEST_KILL_AT`.

/// Kills the process here, without any cleanup, if `LATCHKEY_TEST_KILL_AT` names this point.
pub fn crash_point(point: &'static str) {
    #[cfg(debug_assertions)]
    if std::env::var("LATCHKEY_TEST_KILL_AT").is_ok_and(|at| at == point) {
        let id = std::process::id().to_string();
        // SIGKILL, which cannot be caught; the standard library has no safe call that sends it to the own process.
        let _ = std::process::Command::new("kill").args(["-9", &id]).status();
    }
    let _ = point;
}
