//! Starts logging and, if configured, the export of traces.

use std::sync::{Mutex, PoisonError};

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
    levels: Mutex<Levels>,
}

/// The levels that were asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Levels {
    configured: LogLevel,
    /// The level of `latchkey log-level`, which wins while it is in force.
    ordered: Option<LogLevel>,
}

impl Levels {
    fn in_force(self) -> LogLevel {
        self.ordered.unwrap_or(self.configured)
    }
}

impl Logging {
    /// From now on, writes events of this level and above, unless another one is ordered.
    pub(super) fn set_level(&self, configured: LogLevel) {
        self.change(|levels| Levels { configured, ..levels });
    }

    /// Orders another level than the configured one, or withdraws the order; returns whether the level has changed.
    pub(super) fn order(&self, ordered: Option<LogLevel>) -> bool {
        self.change(|levels| Levels { ordered, ..levels })
    }

    /// The level in force.
    pub(super) fn level(&self) -> LogLevel {
        self.levels.lock().unwrap_or_else(PoisonError::into_inner).in_force()
    }

    fn change(&self, change: impl FnOnce(Levels) -> Levels) -> bool {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let before = levels.in_force();
        *levels = change(*levels);
        let changed = before != levels.in_force();
        if changed {
            // This fails only if there was a log already, as in tests.
            let _ = self.filter.reload(filter(levels.in_force()));
        }
        changed
    }
}

fn filter(level: LogLevel) -> EnvFilter {
    // Libraries log only warnings and errors: at a finer level they would show queries and headers.
    // What webauthn-rs calls an error is a wrong response of a stranger, of which the line of the request tells.
    EnvFilter::new(format!("warn,webauthn_rs_core=off,latchkey={}", level.as_str()))
}

impl Drop for Logging {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.provider.as_ref().map(SdkTracerProvider::shutdown) {
            tracing::warn!("the last traces were not sent: {error}");
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
    let levels = Mutex::new(Levels { configured: config.log.level, ordered: None });
    Logging { provider, filter: handle, levels }
}

fn provider(config: &Config) -> Result<Option<SdkTracerProvider>, opentelemetry_otlp::ExporterBuildError> {
    let Some(endpoint) = &config.traces.otlp_endpoint else { return Ok(None) };
    // The client of the exporter is built without cryptography of its own, and takes that of the process. Another log may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = SpanExporter::builder().with_http().with_endpoint(endpoint).build()?;
    let share = f64::from(config.traces.sample_percent) / 100.0;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::TraceIdRatioBased(share))
        .with_resource(Resource::builder().with_service_name("latchkey").build())
        .build();
    Ok(Some(provider))
}
