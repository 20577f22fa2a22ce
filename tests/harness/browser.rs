//! A browser with a cookie jar, without scripts, that fills the forms which it was shown.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use axum::body::Body;
use latchkey::oidc::params::Params;
use scraper::{ElementRef, Html, Selector};

use super::app::{PASSWORD, TestApp};
use super::http::{Reply, form_encode};
use super::relying_party::{RelyingParty, Tokens};

/// A request for authorization, parameter by parameter.
#[derive(Clone, Debug, Default)]
pub struct Authorize(Vec<(String, String)>);

impl Authorize {
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a parameter, or replaces it.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a parameter even if it is there.
    pub fn add(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(other, _)| other != name);
        self
    }

    pub fn fields(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    pub fn path(&self) -> String {
        format!("/authorize?{}", form_encode(&self.fields()))
    }
}

/// A browser.
#[derive(Clone)]
pub struct Browser {
    pub app: TestApp,
    pub cookies: BTreeMap<String, String>,
    /// Those of them that outlive its closing.
    lasting: BTreeSet<String>,
    /// All lines by which cookies were set.
    pub set_cookies: Vec<String>,
    pub address: IpAddr,
    pub language: String,
    pub user_agent: String,
    /// Who sits in front of it.
    pub user: String,
}

/// What a browser shows.
#[derive(Clone)]
pub struct Page {
    pub reply: Reply,
    /// The address of the page, or the foreign address that the browser was sent to.
    pub url: String,
    /// Whether the address is another server's, to which nothing was sent.
    pub foreign: bool,
}

impl Browser {
    pub fn new(app: &TestApp) -> Self {
        let address = [203, 0, 113, 7].into();
        Self {
            app: app.clone(),
            cookies: BTreeMap::new(),
            lasting: BTreeSet::new(),
            set_cookies: Vec::new(),
            address,
            language: "en".to_owned(),
            user_agent: "Test/1.0".to_owned(),
            user: "alice".to_owned(),
        }
    }

    /// The same person at the same browser, on another replica.
    pub fn on(&self, app: &TestApp) -> Self {
        Self { app: app.clone(), ..self.clone() }
    }

    /// Sends one request with the cookies, keeps those that come, and follows nothing.
    pub async fn send(&mut self, request: http::request::Builder, body: String) -> Reply {
        let mut request = request.header("accept-language", &self.language).header("user-agent", &self.user_agent);
        if !self.cookies.is_empty() {
            let line: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", line.join("; "));
        }
        let reply = self.app.send_from(self.address, request.body(Body::from(body)).unwrap()).await;
        for line in reply.set_cookies() {
            self.set_cookies.push(line.to_owned());
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.lasting.remove(name);
            if line.contains("Max-Age=") {
                self.lasting.insert(name.to_owned());
            }
            if value.is_empty() || line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Closes it and opens it again.
    pub fn close(&mut self) {
        self.cookies.retain(|name, _| self.lasting.contains(name));
    }

    /// Goes to an address, and on wherever redirects and leaving pages lead.
    pub async fn get(&mut self, target: &str) -> Page {
        let url = self.absolute(target);
        let reply = self.send(http::Request::get(self.app.path(&url)), String::new()).await;
        self.follow(reply, url).await
    }

    /// Posts fields as a form of our own pages would be posted.
    pub async fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Page {
        let url = self.absolute(target);
        let request = http::Request::post(self.app.path(&url))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", self.app.app.config.issuer.origin().to_owned());
        let reply = self.send(request, form_encode(fields)).await;
        self.follow(reply, url).await
    }

    fn absolute(&self, target: &str) -> String {
        if target.starts_with('/') { self.app.app.config.issuer.url(target) } else { target.to_owned() }
    }

    async fn follow(&mut self, mut reply: Reply, mut url: String) -> Page {
        let ours = self.app.issuer().to_owned();
        for _ in 0..10 {
            let next = if reply.status.is_redirection() {
                assert_ne!(reply.status, 307, "a 307 would send a password on");
                reply.location().to_owned()
            } else if let Some(away) = leaving(&reply.body) {
                away
            } else {
                return Page { reply, url, foreign: false };
            };
            let next = url::Url::parse(&url).unwrap().join(&next).unwrap().to_string();
            if !next.starts_with(&ours) {
                return Page { reply, url: next, foreign: true };
            }
            url = next;
            reply = self.send(http::Request::get(self.app.path(&url)), String::new()).await;
        }
        panic!("redirects without end, last to {url}");
    }

    /// Signs a person in, who is made if need be, and stays in front of the browser as that person.
    pub async fn sign_in(mut self, user: &str) -> Self {
        self.app.user(user).await;
        self.user = user.to_owned();
        let page = self.get("/sign-in?account=another").await;
        let page = page.form().fill("identifier", user).fill("password", PASSWORD).submit(&mut self).await;
        page.reply.expect(200);
        self
    }

    /// Goes through a request as its person would: signs in where that is asked, and allows.
    pub async fn authorize(&mut self, rp: &RelyingParty) -> Page {
        self.go_through(&rp.request()).await
    }

    pub async fn go_through(&mut self, request: &Authorize) -> Page {
        self.app.user(&self.user.clone()).await;
        let page = self.get(&request.path()).await;
        self.go_on(page).await
    }

    /// Goes on from a sign-in page without an account.
    pub async fn go_on_as_visitor(&mut self, page: &Page) -> Page {
        let page = page.expect("sign-in").form_to("/sign-in/anonymous").submit(self).await;
        self.go_on(page).await
    }

    /// The tokens of a new visitor of a client that begins anonymous accounts.
    pub async fn visit(&mut self, rp: &RelyingParty) -> Tokens {
        let page = self.get(&rp.request().path()).await;
        let page = self.go_on_as_visitor(&page).await;
        rp.exchange(&page.code()).await.tokens()
    }

    /// Does what each page on the way asks for.
    pub async fn go_on(&mut self, mut page: Page) -> Page {
        for _ in 0..6 {
            if page.foreign || page.reply.status != 200 {
                return page;
            }
            let user = self.user.clone();
            page = match page.name().as_str() {
                "sign-in" => page.form().fill("identifier", &user).fill("password", PASSWORD).submit(self).await,
                "consent" => page.form().fill("decision", "allow").submit(self).await,
                "continue-as" => page.form().fill("decision", "continue").submit(self).await,
                _ => return page,
            };
        }
        page
    }
}

impl Page {
    /// The last part of the page's path.
    pub fn name(&self) -> String {
        let url = url::Url::parse(&self.url).unwrap();
        url.path().rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// A parameter of the answer that a client was sent, in the query, the fragment or a posted form.
    #[track_caller]
    pub fn param(&self, name: &str) -> Option<String> {
        if self.foreign {
            let url = url::Url::parse(&self.url).unwrap();
            let sent = url.fragment().or(url.query()).unwrap_or_default();
            return Params::parse(sent.as_bytes()).unwrap().get(name).map(str::to_owned);
        }
        self.form().fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    }

    /// The code that a client was sent.
    #[track_caller]
    pub fn code(&self) -> String {
        self.param("code").unwrap_or_else(|| {
            panic!("no code at {}; status {}, body:\n{}", self.url, self.reply.status, self.reply.body)
        })
    }

    /// The error that a client was sent, with the state and the issuer that must come with it.
    #[track_caller]
    pub fn error(&self, code: &str) -> &Self {
        assert!(
            self.foreign,
            "an error for the client; at {} with status {}:\n{}",
            self.url, self.reply.status, self.reply.body
        );
        assert_eq!(self.param("error").as_deref(), Some(code), "the error at {}", self.url);
        assert!(self.param("iss").is_some(), "iss at {}", self.url);
        self
    }

    /// A page of our own with this name and a form or text for a person.
    #[track_caller]
    pub fn expect(&self, name: &str) -> &Self {
        assert!(
            !self.foreign && self.name() == name,
            "the page {name}; at {} with status {}",
            self.url,
            self.reply.status
        );
        assert_eq!(self.reply.status, 200, "{}", self.reply.body);
        self
    }

    /// An error page with this status: nobody is sent anywhere.
    #[track_caller]
    pub fn refused(&self, status: u16) -> &Self {
        assert!(!self.foreign, "nobody is sent away; sent to {}", self.url);
        assert_eq!(self.reply.status.as_u16(), status, "{}", self.reply.body);
        assert!(self.reply.header("location").is_none());
        self
    }

    /// The text of the page.
    pub fn text(&self) -> String {
        let html = Html::parse_document(&self.reply.body);
        let body = html.select(&Selector::parse("body").unwrap()).next().map(|body| body.text().collect::<String>());
        body.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The text of the page without the code for why something was refused, which is another one each time.
    pub fn text_without_code(&self) -> String {
        let html = Html::parse_document(&self.reply.body);
        let code = html.select(&Selector::parse(".reference code").unwrap()).next();
        let code = code.map(|code| code.text().collect::<String>()).unwrap_or_default();
        self.text().replace(&code, "")
    }

    /// Where the links in `main` lead.
    pub fn links(&self) -> Vec<String> {
        let html = Html::parse_document(&self.reply.body);
        let in_main = Selector::parse("main a[href]").unwrap();
        html.select(&in_main).filter_map(|link| link.value().attr("href")).map(str::to_owned).collect()
    }

    /// The address of the link in `main` with this text.
    #[track_caller]
    pub fn link(&self, text: &str) -> String {
        let html = Html::parse_document(&self.reply.body);
        let links = Selector::parse("main a[href]").unwrap();
        let found = html.select(&links).find(|link| link.text().collect::<String>().trim() == text);
        let found = found.unwrap_or_else(|| panic!("no link {text:?} at {}:\n{}", self.url, self.reply.body));
        found.value().attr("href").unwrap().to_owned()
    }

    /// The page's main form: the first in `main` that posts.
    #[track_caller]
    pub fn form(&self) -> Form {
        let html = Html::parse_document(&self.reply.body);
        let forms = Selector::parse("main form[method=post]").unwrap();
        let form = html.select(&forms).next();
        let form = form
            .unwrap_or_else(|| panic!("no form at {}; status {}:\n{}", self.url, self.reply.status, self.reply.body));
        Form::read(&form, &self.url)
    }

    /// The values of the buttons with this name.
    pub fn buttons(&self, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.reply.body);
        let buttons = Selector::parse(&format!("button[name={name}]:not([disabled])")).unwrap();
        html.select(&buttons).map(|button| button.attr("value").unwrap_or_default().to_owned()).collect()
    }

    /// The form of the first button with this name, as the button sends it.
    #[track_caller]
    pub fn press(&self, name: &str) -> Form {
        let html = Html::parse_document(&self.reply.body);
        let button = html.select(&Selector::parse(&format!("button[name={name}]")).unwrap()).next();
        let button = button.unwrap_or_else(|| panic!("no button {name} at {}:\n{}", self.url, self.reply.body));
        let form = match button.attr("form") {
            Some(id) => html.select(&Selector::parse(&format!("form#{id}")).unwrap()).next(),
            None => button.ancestors().filter_map(ElementRef::wrap).find(|element| element.value().name() == "form"),
        };
        let form = Form::read(&form.unwrap(), &self.url).fill(name, button.attr("value").unwrap_or_default());
        match button.attr("formaction") {
            Some(action) => form.to(url::Url::parse(&self.url).unwrap().join(action).unwrap().as_str()),
            None => form,
        }
    }

    /// Where the default button of a form leads, if not where the form does: the first one that belongs to it (HTML §4.10.21.2).
    #[track_caller]
    pub fn default_button(&self, form: &str) -> Option<String> {
        let html = Html::parse_document(&self.reply.body);
        let buttons = Selector::parse("button:not([type=button])").unwrap();
        let is_of = |button: &ElementRef<'_>| match button.attr("form") {
            Some(id) => id == form,
            None => button.ancestors().filter_map(ElementRef::wrap).any(|it| it.value().id() == Some(form)),
        };
        let first = html.select(&buttons).find(is_of).unwrap_or_else(|| panic!("no button of {form}"));
        first.attr("formaction").map(str::to_owned)
    }

    /// The forms in `main` that post to this path.
    pub fn forms_to(&self, path: &str) -> Vec<Form> {
        let html = Html::parse_document(&self.reply.body);
        let forms = Selector::parse("main form[method=post]").unwrap();
        let forms = html.select(&forms).map(|form| Form::read(&form, &self.url));
        forms.filter(|form| form.action.ends_with(path)).collect()
    }

    /// The form that posts to this path.
    #[track_caller]
    pub fn form_to(&self, path: &str) -> Form {
        let html = Html::parse_document(&self.reply.body);
        let forms = Selector::parse("form[method=post]").unwrap();
        let found =
            html.select(&forms).map(|form| Form::read(&form, &self.url)).find(|form| form.action.ends_with(path));
        found.unwrap_or_else(|| panic!("no form to {path} at {}:\n{}", self.url, self.reply.body))
    }
}

/// Where a leaving page leads.
fn leaving(body: &str) -> Option<String> {
    let html = Html::parse_document(body);
    let link = Selector::parse("a[data-leave]").unwrap();
    html.select(&link).next()?.value().attr("href").map(str::to_owned)
}

/// A form with what stands in it.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Form {
    pub(super) fn read(form: &ElementRef<'_>, base: &str) -> Self {
        let base = url::Url::parse(base).unwrap();
        let action = base.join(form.value().attr("action").unwrap_or_default()).unwrap().to_string();
        let inputs = Selector::parse("input[name]").unwrap();
        let fields = form
            .select(&inputs)
            .map(|input| input.value())
            .filter(|input| {
                !matches!(input.attr("type"), Some("checkbox" | "radio" | "submit")) || input.attr("checked").is_some()
            })
            .map(|input| (input.attr("name").unwrap().to_owned(), input.attr("value").unwrap_or_default().to_owned()))
            .collect();
        Self { action, fields }
    }

    pub fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same fields, sent to another path.
    pub fn to(mut self, path: &str) -> Self {
        self.action = path.to_owned();
        self
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub async fn submit(&self, browser: &mut Browser) -> Page {
        let fields: Vec<_> = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.post(&self.action, &fields).await
    }
}
