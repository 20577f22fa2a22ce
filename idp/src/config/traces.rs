//! `[traces]`: what is sent to a collector of OpenTelemetry.

use super::pages::link;
use super::reader::{at_most, if_set, section};

section! {
    /// What is told to a collector of OpenTelemetry: a span for each request, with its route, method and status, and nothing
    /// of what was sent.
    pub struct Traces("traces") {
        /// Where spans are sent (OTLP over HTTP), such as `http://collector:4318/v1/traces`. The variables of OpenTelemetry,
        /// such as `OTEL_EXPORTER_OTLP_HEADERS`, are heeded, too.
        otlp_endpoint: Option<String> = None, must(if_set(link(&["https", "http"]))), otherwise("nowhere");
        /// How many of a hundred requests are sent.
        sample_percent: u32 = 100, must(at_most(100));
    }
}
