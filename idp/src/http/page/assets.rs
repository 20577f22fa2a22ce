//! The files of `static/`, embedded: style sheet, scripts, pictures.
//!
//! Their URLs are `/static/<hash>/<name>`, with one hash over all of them, so that one file may name another and every
//! change has a new address.

use std::sync::LazyLock;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::base::encoding::{base64url, sha256};
use crate::http::error::Error;

/// A file of `static/`.
#[derive(Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its name, the last part of its URL.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

/// The file at a URL, and how long it may be cached.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub asset: &'static Asset,
    /// The value of `Cache-Control`. Under the current hash the file is cached for a year. Under another hash, which a
    /// replica of another version asks for during an upgrade, the file is served but not cached.
    pub cache_control: &'static str,
}

macro_rules! asset {
    ($name:literal, $content_type:literal) => {
        Asset { name: $name, content_type: $content_type, bytes: include_bytes!(concat!("../../../../static/", $name)) }
    };
}

/// Every file.
pub static ASSETS: &[Asset] = &[
    asset!("latchkey.css", "text/css; charset=utf-8"),
    asset!("latchkey.svg", "image/svg+xml"),
    asset!("leaving.js", "text/javascript; charset=utf-8"),
    asset!("passkey.js", "text/javascript; charset=utf-8"),
    asset!("password.js", "text/javascript; charset=utf-8"),
    asset!("print.js", "text/javascript; charset=utf-8"),
    asset!("proof_of_work.js", "text/javascript; charset=utf-8"),
    asset!("telegram.js", "text/javascript; charset=utf-8"),
    asset!("times.js", "text/javascript; charset=utf-8"),
    asset!("waiting.js", "text/javascript; charset=utf-8"),
];

/// The hash over all files; a pure function of the build.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let all: Vec<u8> = ASSETS.iter().flat_map(|asset| sha256(asset.bytes)).collect();
    base64url(&sha256(&all))[..16].to_owned()
});

/// The path of a file, under the base path.
pub fn path(name: &str) -> String {
    format!("/static/{}/{name}", *HASH)
}

/// The file that `/static/<hash>/<name>` names.
pub fn find(hash: &str, name: &str) -> Option<Found> {
    let asset = ASSETS.iter().find(|asset| asset.name == name)?;
    let cache_control = if hash == *HASH { "public, max-age=31536000, immutable" } else { "no-store" };
    Some(Found { asset, cache_control })
}

/// Marks a response whose body is static, so that it needs no memory for each request.
#[derive(Clone, Copy, Debug)]
pub struct Shared;

/// Serves a file.
pub async fn get(Path((hash, name)): Path<(String, String)>) -> Result<Response, Error> {
    let found = find(&hash, &name).ok_or(Error::Http(StatusCode::NOT_FOUND, "there is no such file"))?;
    let headers = [(header::CONTENT_TYPE, found.asset.content_type), (header::CACHE_CONTROL, found.cache_control)];
    Ok((Extension(Shared), headers, Bytes::from_static(found.asset.bytes)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_its_path_and_kept_only_under_its_own_hash() {
        for asset in ASSETS {
            let path = path(asset.name);
            let (hash, name) = path.strip_prefix("/static/").unwrap().split_once('/').unwrap();
            let found = find(hash, name).unwrap();
            assert_eq!(found.asset, asset);
            assert!(found.cache_control.contains("immutable"));
            assert_eq!(find("other", name).unwrap().cache_control, "no-store");
            assert_eq!(find(hash, "../Cargo.toml"), None);
        }
    }

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../static")).unwrap();
        for file in folder.map(|file| file.unwrap().file_name()) {
            assert!(ASSETS.iter().any(|asset| asset.name == file.to_str().unwrap()), "{file:?} is not embedded");
        }
    }
}
