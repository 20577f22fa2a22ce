//! Cookies: RFC 6265bis.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::app::App;
use crate::login::session::SignedIn;

/// The cookies that Latchkey sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The session cookie, new after each authentication.
    Sid,
    /// A second session cookie, which stays when the browser is closed. It is set if only some accounts are to be kept
    /// signed in, and opens only those.
    Kept,
    /// A secret of half a sign-in, which is gone when the browser is closed.
    Half,
    /// One secret per browser: forms, interactions and known devices are bound to it.
    Browser,
    /// The language that a person chose.
    Language,
    /// The name of the provider by which somebody has signed in last, and nothing about who that was.
    Provider,
    /// What was made on a page and would be lost with its form, which came after its step-up was over.
    Carried,
}

/// How long that is carried: as long as a page can be used that shows how to set up an app.
const CARRIED: Duration = Duration::from_secs(30 * 60);

/// How long what belongs to the browser is kept.
pub const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The longest value of a cookie.
const LONGEST: usize = 512;

/// The form of this provider's cookies: `__Host-` and `Secure`, unless its issuer is plain http on loopback.
#[derive(Clone, Copy, Debug)]
pub struct Jar<'a> {
    /// Whether the issuer is https.
    pub secure: bool,
    /// The suffix of the names, so that several issuers on one host have separate cookies.
    pub mark: &'a str,
}

impl<'a> Jar<'a> {
    /// The cookies of this provider.
    pub fn of(app: &'a App) -> Self {
        Self { secure: app.config.issuer.is_https(), mark: app.config.issuer.cookie_mark() }
    }

    /// The cookie's name.
    pub fn name(self, name: Name) -> String {
        let name = match (self.secure, name) {
            (true, Name::Sid) => "__Host-sid",
            (true, Name::Kept) => "__Host-kept",
            (true, Name::Half) => "__Host-half",
            (false, Name::Half) => "half",
            (true, Name::Carried) => "__Host-carried",
            (false, Name::Carried) => "carried",
            (true, Name::Provider) => "__Host-provider",
            (false, Name::Provider) => "provider",
            (true, Name::Browser) => "__Host-browser",
            (true, Name::Language) => "__Host-language",
            (false, Name::Sid) => "sid",
            (false, Name::Kept) => "kept",
            (false, Name::Browser) => "browser",
            (false, Name::Language) => "language",
        };
        format!("{name}{}", self.mark)
    }

    /// The cookie's value; `None` if the cookie comes twice, since an attacker may have planted one of the two.
    pub fn get(self, headers: &HeaderMap, name: Name) -> Option<&str> {
        let name = self.name(name);
        let mut values = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        let value = values.next()?;
        values.next().is_none().then_some(value).filter(|value| !value.is_empty() && value.len() <= LONGEST)
    }

    /// A `Set-Cookie` header; without an age the browser deletes the cookie when it is closed.
    pub fn set(self, name: Name, value: &str, max_age: Option<Duration>) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let age = max_age.map(|age| format!("; Max-Age={}", age.as_secs())).unwrap_or_default();
        let line = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", self.name(name));
        HeaderValue::from_str(&line).ok()
    }

    /// Carries what was made on a page through a sign-in.
    pub fn carry(self, response: &mut Response, made: &str) {
        // Nothing that has another meaning in a header.
        let is_plain = made.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        if is_plain && (1..=LONGEST).contains(&made.len()) {
            self.append(response, Name::Carried, made, Some(CARRIED));
        }
    }

    /// Takes away what was carried: the page has it.
    pub fn put_down(self, response: &mut Response) {
        self.append(response, Name::Carried, "", Some(Duration::ZERO));
    }

    fn append(self, response: &mut Response, name: Name, value: &str, max_age: Option<Duration>) {
        if let Some(line) = self.set(name, value, max_age) {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
    }

    /// Sets the session cookies after a sign-in, and takes away what belonged to half of one.
    pub fn hand_over(self, response: &mut Response, signed_in: &SignedIn) {
        let remembered = signed_in.remembered;
        let sid = self.set(Name::Sid, signed_in.sid.expose(), signed_in.keep.then_some(remembered));
        let kept = signed_in.kept.as_ref().and_then(|kept| self.set(Name::Kept, kept.expose(), Some(remembered)));
        let half = self.set(Name::Half, "", Some(Duration::ZERO));
        for cookie in [sid, kept, half].into_iter().flatten() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        if let Some(provider) = &signed_in.provider {
            self.append(response, Name::Provider, provider, Some(A_YEAR));
        }
    }

    /// Forgets by which provider somebody has signed in: the last sign-in was by none.
    pub fn forget_provider(self, response: &mut Response) {
        self.append(response, Name::Provider, "", Some(Duration::ZERO));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn e2_a_cookie_that_comes_twice_is_none() {
        let jar = Jar { secure: true, mark: "" };
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; __Host-sid=x; b=2"));
        assert_eq!(jar.get(&headers, Name::Sid), Some("x"));
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-sid=y"));
        assert_eq!(jar.get(&headers, Name::Sid), None);
    }

    #[test]
    fn e2_cookies_are_bound_to_this_host_and_out_of_reach_of_scripts() {
        let line = Jar { secure: true, mark: "" }.set(Name::Sid, "x", None).unwrap();
        assert_eq!(line, "__Host-sid=x; Path=/; HttpOnly; SameSite=Lax; Secure");
    }

    proptest! {
        #[test]
        fn no_cookie_header_panics(text in "[ -~]{0,200}") {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(&text).unwrap());
            let _ = Jar { secure: false, mark: "" }.get(&headers, Name::Sid);
        }
    }
}
