//! An authorization response as a form that submits itself: OAuth 2.0 Form Post Response Mode §2.

use std::sync::LazyLock;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::layout::Layout;
use crate::base::encoding::sha256;

/// The one script of the page, a classic inline one that its policy names by hash.
const SCRIPT: &str = "document.forms[0].submit()";

/// The page's policy. It has no `form-action`, since browsers would apply it to the client's redirects, too.
static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
         object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
        STANDARD.encode(sha256(SCRIPT.as_bytes()))
    )
});

/// Sends an authorization response to the client, automatically or by a button.
#[derive(Template)]
#[template(path = "pages/form_post.html")]
pub struct FormPostPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The redirect URI.
    pub action: String,
    /// The parameters of the response, in their order.
    pub params: Vec<(String, String)>,
}

impl FormPostPage<'_> {
    /// The value of `Content-Security-Policy` for this page.
    pub fn content_security_policy() -> &'static str {
        &CONTENT_SECURITY_POLICY
    }

    fn script(&self) -> &'static str {
        SCRIPT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_script_and_does_not_bind_the_form() {
        let policy = FormPostPage::content_security_policy();
        assert!(policy.contains("script-src 'sha256-"), "{policy}");
        assert!(!policy.contains("form-action") && !policy.contains("unsafe"), "{policy}");
    }
}
