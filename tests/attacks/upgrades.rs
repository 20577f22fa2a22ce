//! X11. The release before, and the schema that it left.
//!
//! `./test --only upgrade` builds the commit that `tests/release-before` names and sets `LATCHKEY_TEST_RELEASE_BEFORE`.

use crate::harness::TestApp;
use crate::journeys::{main_job, two_tabs};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x11_the_release_before_and_this_one_serve_side_by_side_on_one_schema() {
    let Some(app) = TestApp::after_the_release_before().await else { return };
    main_job::played_on(&app).await;
    two_tabs::refreshes_at_once(&app, 20).await;
}
