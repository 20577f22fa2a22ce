//! `[metrics]`: what is told to whom watches the process.

use std::net::SocketAddr;

use super::reader::section;

section! {
    /// What is told to whom watches the process: `/metrics` in OpenMetrics, and `/health/live` and `/health/ready`, on a
    /// listener of its own, which is no business of people and applications.
    pub struct Metrics("metrics") {
        /// The address and port to listen on.
        listen: Option<SocketAddr> = None, otherwise("nowhere");
    }
}
