//! What is logged while tests run.
//!
//! A test may keep what its own thread logs. With `LATCHKEY_TEST_TRACE` everything that the suite logs goes to that file at
//! the finest level, for `./test --only trace` to look for secrets in it.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, Once};

use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer};

thread_local! {
    /// What this thread has logged, if somebody wants to know.
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Writes to the log of the thread.
struct ThreadLog;

impl Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.as_mut().map(|log| log.extend_from_slice(bytes)));
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to write the log of the whole suite, if that is wanted.
pub fn trace() {
    if std::env::var_os("LATCHKEY_TEST_TRACE").is_some() {
        begin();
    }
}

/// The subscriber is that of the whole process: whether an event is of interest is remembered for all threads alike.
fn begin() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let wanted = dynamic_filter_fn(|_, _| LOG.with_borrow(Option::is_some));
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| ThreadLog).with_filter(wanted);
        let file = std::env::var_os("LATCHKEY_TEST_TRACE").map(|path| {
            // As the process itself logs at the finest level that there is.
            let filter = EnvFilter::new("warn,latchkey=trace");
            let file = Mutex::new(File::create(path).unwrap());
            tracing_subscriber::fmt::layer().with_ansi(false).with_writer(file).with_filter(filter)
        });
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines).with(file)).unwrap();
    });
}

/// Begins to keep what this thread logs.
pub fn keep_log() {
    begin();
    LOG.set(Some(Vec::new()));
}

/// What this thread has logged since.
pub fn kept_log() -> String {
    String::from_utf8(LOG.take().unwrap()).unwrap()
}
