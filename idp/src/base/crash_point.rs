//! Named points at which a test kills the process, to see what a crash leaves behind.
//!
//! They do nothing but in a debug build that was started with `LATCHKEY_TEST_KILL_AT`.

/// Dies here, without a chance to clean up, if the process was told to at the point of this name.
pub fn crash_point(point: &'static str) {
    #[cfg(debug_assertions)]
    if std::env::var("LATCHKEY_TEST_KILL_AT").is_ok_and(|at| at == point) {
        let id = std::process::id().to_string();
        // The signal that nothing can catch; there is no safe call for it in the standard library.
        let _ = std::process::Command::new("kill").args(["-9", &id]).status();
    }
    let _ = point;
}
