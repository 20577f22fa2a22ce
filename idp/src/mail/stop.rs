//! Letters under way when the process is told to stop.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// What becomes of letters under way when the process is told to stop. One that no server has yet is given up at once: nothing is lost
/// by that. For the answer of a server that has it is waited a while longer, since nobody would know whether it took it.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// Cancelled when the process is told to stop.
    pub told: CancellationToken,
    /// How long after that an answer is waited for.
    pub patience: Duration,
}

impl Stop {
    /// Completes when no answer is waited for any more.
    pub(super) async fn is_over(&self) {
        self.told.cancelled().await;
        tokio::time::sleep(self.patience).await;
    }
}
