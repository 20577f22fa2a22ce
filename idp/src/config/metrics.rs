//! `[metrics]`: the endpoints for monitoring.

use std::net::SocketAddr;

use super::reader::section;

section! {
    /// What monitoring is told: `/metrics` in OpenMetrics, and `/health/live` and `/health/ready`, on a listener of its
    /// own, which people and applications need not reach.
    pub struct Metrics("metrics") {
        /// The address and port to listen on.
        listen: Option<SocketAddr> = None, otherwise("nowhere");
    }
}
