//! Pictures that a setting names.

use std::path::Path;

use anyhow::{Context, bail};
use axum::body::Bytes;

use crate::base::encoding::base64;

/// A logo: the operator's, or a client's.
#[derive(PartialEq, Eq)]
pub struct Logo {
    /// Its media type.
    pub content_type: &'static str,
    /// The picture, in memory that all responses share.
    pub bytes: Bytes,
}

/// The largest logo of a file that the configuration names, in KiB.
const LARGEST: usize = 256;

impl Logo {
    /// Reads a picture, and detects its type by its content.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        Self::read_within(path, LARGEST)
    }

    /// The same for a picture of at most so many KiB.
    pub fn read_within(path: &Path, largest: usize) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("the logo {} cannot be read", path.display()))?;
        if bytes.len() > largest * 1024 {
            bail!("the logo {} is larger than {largest} KiB", path.display());
        }
        let content_type = match &bytes[..] {
            [0x89, b'P', b'N', b'G', ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
            text if text.trim_ascii_start().starts_with(b"<") => "image/svg+xml",
            _ => bail!("the logo {} is neither PNG, JPEG, WebP nor SVG", path.display()),
        };
        Ok(Self { content_type, bytes: bytes.into() })
    }

    /// The picture as a URL that holds it: RFC 2397.
    pub fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.content_type, base64(&self.bytes))
    }
}
