//! Starts logging and, if configured, the export of traces.

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use crate::config::{Config, LogFormat, LogLevel};

/// The log that was begun. At its end, spans that have not been sent yet are sent.
#[must_use]
pub(crate) struct Logging {
    provider: Option<SdkTracerProvider>,
    filter: reload::Handle<EnvFilter, Registry>,
}

impl Logging {
    /// From now on, writes events of this level and above.
    pub(super) fn set_level(&self, level: LogLevel) {
        // This fails only if there was a log already, as in tests.
        let _ = self.filter.reload(filter(level));
    }
}

fn filter(level: LogLevel) -> EnvFilter {
    // Libraries log only warnings and errors: at a finer level they would show queries and headers.
    EnvFilter::new(format!("warn,latchkey={}", level.as_str()))
}

impl Drop for Logging {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.provider.as_ref().map(SdkTracerProvider::shutdown) {
            tracing::warn!("the last spans were not sent: {error}");
        }
    }
}

/// Begins to log as configured.
pub(crate) fn start(config: &Config) -> Logging {
    let (lines_wanted, handle) = reload::Layer::new(filter(config.log.level));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = match config.log.format {
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let (provider, failed) = match provider(config) {
        Ok(provider) => (provider, None),
        Err(error) => (None, Some(error)),
    };
    let spans = provider.as_ref().map(|provider| {
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("latchkey"));
        // A request's span, without the events inside it.
        layer.with_location(false).with_threads(false).with_filter(EnvFilter::new("off,latchkey::http=error"))
    });
    let started = tracing_subscriber::registry().with(lines.with_filter(lines_wanted)).with(spans).try_init();
    // There is a log already where a test has started one.
    let _ = started;
    if let Some(error) = failed {
        tracing::warn!("no traces are sent: {error}");
    }
    Logging { provider, filter: handle }
}

fn provider(config: &Config) -> Result<Option<SdkTracerProvider>, opentelemetry_otlp::ExporterBuildError> {
    let Some(endpoint) = &config.traces.otlp_endpoint else { return Ok(None) };
    let exporter = SpanExporter::builder().with_http().with_endpoint(endpoint).build()?;
    let share = f64::from(config.traces.sample_percent) / 100.0;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::TraceIdRatioBased(share))
        .with_resource(Resource::builder().with_service_name("latchkey").build())
        .build();
    Ok(Some(provider))
}
