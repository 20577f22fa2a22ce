//! Resources: what access tokens are for. RFC 8707.

use url::Url;

/// How long the identifier of a resource may be, in bytes.
pub const MAX_RESOURCE: usize = 2048;

/// Whether this can name a resource: an absolute URI without a fragment (RFC 8707 §2). The error says why not.
pub fn check_identifier(uri: &str) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("the resource '{}' {why}", uri.escape_debug()));
    if uri.len() > MAX_RESOURCE {
        return Err("a resource is longer than 2048 bytes".to_owned());
    }
    if !uri.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)) {
        return refuse("has characters that a URI cannot have");
    }
    if uri.contains('#') {
        return refuse("has a fragment");
    }
    if Url::parse(uri).is_err() {
        return refuse("is not an absolute URI, such as https://api.example.com");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_an_absolute_uri_without_a_fragment() {
        for good in ["https://api.example.com", "https://api.example.com/v1?x=1", "urn:example:orders", "api://orders"]
        {
            assert_eq!(check_identifier(good), Ok(()), "{good}");
        }
        let long = format!("https://api.example.com/{}", "a".repeat(MAX_RESOURCE));
        for bad in
            ["", "orders", "/orders", "hello world", "https://api.example.com/#x", "https://a\u{e9}", "a\"b:c", &long]
        {
            assert!(check_identifier(bad).is_err(), "{bad}");
        }
    }
}
