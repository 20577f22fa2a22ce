//! TLS terminated by Latchkey: certificates from files, reloaded when they change.

mod expiry;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::base::clock::{Clock, Timestamp};
use crate::config;

/// How often the files are checked for changes.
const LOOK: Duration = Duration::from_secs(10);

/// The certificate in use.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files, if any are named.
    pub fn open(config: &config::Tls) -> Result<Option<Arc<Self>>> {
        let (Some(certificate), Some(key)) = (&config.certificate_file, &config.key_file) else { return Ok(None) };
        let loaded = RwLock::new(load(certificate, key)?);
        Ok(Some(Arc::new(Self { certificate: certificate.clone(), key: key.clone(), config: loaded })))
    }

    /// The acceptor for the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner)).into()
    }

    /// Reads the files again whenever they have changed, until the process ends.
    pub async fn watch(self: Arc<Self>) {
        let mut changed = self.changed();
        loop {
            tokio::time::sleep(LOOK).await;
            let present = self.changed();
            if present != changed {
                changed = present;
                self.read_again();
            }
        }
    }

    /// Reads the files. The result takes effect only when it is passed to `take`.
    pub fn read(&self) -> Result<Arc<ServerConfig>> {
        load(&self.certificate, &self.key)
    }

    /// Uses this configuration for connections from now on.
    pub fn take(&self, read: Arc<ServerConfig>) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = read;
        tracing::info!("the certificate was reloaded");
    }

    fn read_again(&self) {
        match self.read() {
            Ok(read) => self.take(read),
            // The one before is better than none.
            Err(error) => tracing::error!("the certificate was not reloaded: {error:#}"),
        }
    }

    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|path| std::fs::metadata(path).and_then(|data| data.modified()).ok())
    }
}

fn load(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>> {
    let named = |key: &str, path: &Path| format!("{key}: {} cannot be used", path.display());
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.with_context(|| named("tls.certificate_file", certificate))?;
    anyhow::ensure!(!chain.is_empty(), "tls.certificate_file: {} holds no certificate", certificate.display());
    let private = PrivateKeyDer::from_pem_file(key).with_context(|| named("tls.key_file", key))?;
    if chain.first().and_then(expiry::of).is_some_and(|end| end <= Clock::System.now()) {
        let path = certificate.display();
        tracing::warn!("tls.certificate_file: the certificate of {path} has expired, so that clients refuse it");
    }
    if config::others_read(key) {
        tracing::warn!("tls.key_file: others can read {}", key.display());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .context("tls.key_file does not belong to tls.certificate_file")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// When the first certificate of a file in PEM expires.
pub(crate) fn ends_at(certificate: &Path) -> Option<Timestamp> {
    CertificateDer::from_pem_file(certificate).ok().and_then(expiry::of)
}

pub(crate) use expiry::of as ends_in_der;
