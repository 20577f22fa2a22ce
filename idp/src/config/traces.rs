//! `[traces]`: what is sent to a collector of OpenTelemetry.

use super::pages::link;
use super::reader::{at_most, if_set, section};

section! {
    /// Traces for a collector of OpenTelemetry: one span for each request, with its route, method, status, client and
    /// request id, and nothing of what was sent.
    pub struct Traces("traces") {
        /// Where spans are sent (OTLP over HTTP), such as `http://collector:4318/v1/traces`. The variables of
        /// OpenTelemetry, such as `OTEL_EXPORTER_OTLP_HEADERS`, apply, too.
        otlp_endpoint: Option<String> = None, must(if_set(link(&["https", "http"]))), otherwise("no traces are sent");
        /// The percentage of requests that are traced.
        sample_percent: u32 = 100, must(at_most(100));
    }
}
