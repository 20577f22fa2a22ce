//! `[metrics]`: the endpoints for monitoring.

use std::net::SocketAddr;

use super::reader::section;

section! {
    /// A separate listener for monitoring, which people and applications need not reach: `/metrics` in OpenMetrics,
    /// `/health/live` and `/health/ready`.
    pub struct Metrics("metrics") {
        /// The address and port to listen on.
        listen: Option<SocketAddr> = None, otherwise("no such listener");
    }
}
