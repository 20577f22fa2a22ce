//! `[tls]`: connections that are encrypted by Latchkey itself.

use std::path::PathBuf;

use super::reader::section;

section! {
    /// Connections that are encrypted by Latchkey itself, where no proxy does it: TLS 1.2 and 1.3. Both files are read again
    /// when they change and at SIGHUP; connections that are open stay open.
    pub struct Tls("tls") {
        /// The certificate in PEM, and behind it those that lead to its root.
        certificate_file: Option<PathBuf> = None, otherwise("plain HTTP");
        /// The certificate's private key in PEM.
        key_file: Option<PathBuf> = None, otherwise("plain HTTP");
    }
}
