//! `[tls]`: connections that are encrypted by Latchkey itself.

use std::path::PathBuf;

use super::reader::section;

section! {
    /// TLS 1.2 and 1.3 without a proxy. Both files are read again when they change and at SIGHUP; open connections
    /// stay open.
    pub struct Tls("tls") {
        /// The certificate in PEM, followed by its intermediate certificates.
        certificate_file: Option<PathBuf> = None, otherwise("plain HTTP");
        /// The certificate's private key in PEM.
        key_file: Option<PathBuf> = None, otherwise("plain HTTP");
    }
}
