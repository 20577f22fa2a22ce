//! Every page with samples, as files that a browser opens without a server.
//!
//! A page is rendered below a path that no page has. The links below that path are then made relative, to the other files.

use askama::Template;

use super::samples::{self, Names};
use crate::base::language::Language;
use crate::config::Issuer;
use crate::http::page::assets::ASSETS;
use crate::http::page::brand::accent_css;
use crate::letters;
use crate::site::Site;
use crate::site::page::Page;

/// The path below which pages are rendered.
const ROOT: &str = "/.latchkey-preview";

/// The mark by which an earlier preview is known; in `templates/preview/index.html`, too.
pub const MARK: &str = "<meta name=\"generator\" content=\"latchkey pages preview\">";

/// The script that leaves a page by itself. In a preview it must not.
const LEAVING: &str = "leaving.js";

/// The script that looks again by itself, and then goes on.
const WAITING: &str = "waiting.js";

/// The mark of a link that `passkey.js` follows by itself. In a preview it must not.
const ONWARD: &str = " id=\"onward\"";

/// The logo of the application in the samples.
const CLIENT_LOGO: &str = "\
<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\" width=\"32\" height=\"32\">
  <rect width=\"32\" height=\"32\" rx=\"8\" fill=\"#35618e\"/>
  <path fill=\"none\" stroke=\"#fff\" stroke-width=\"2.5\" stroke-linecap=\"round\" d=\"M6 13c4-4 6 4 10 0s6 4 10 0M6 20c4-4 6 4 10 0s6 4 10 0\"/>
</svg>
";

/// What a person has chosen, or their system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// As style sheets call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// A style sheet or document as this theme has it, whatever the system's theme is.
    fn applied(self, text: &str) -> String {
        let mut text = text.replace("color-scheme: light dark", &format!("color-scheme: {}", self.name()));
        text = text.replace("content=\"light dark\"", &format!("content=\"{}\"", self.name()));
        for theme in Self::ALL {
            // Conditions that always hold and never hold, in any query.
            let condition = if theme == self { "(min-width: 0)" } else { "(max-width: 0)" };
            for colon in [":", ": "] {
                text = text.replace(&format!("(prefers-color-scheme{colon}{})", theme.name()), condition);
            }
        }
        text
    }
}

/// A file of the preview.
pub struct File {
    /// Its path below the folder, with slashes.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl File {
    fn new(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: content.into() }
    }
}

/// The list of all pages.
#[derive(Template)]
#[template(path = "preview/index.html")]
struct IndexPage<'a> {
    operator: &'a str,
    languages: Vec<Language>,
    themes: Vec<Theme>,
    pages: Vec<String>,
}

/// The files of a preview: `index.html` links every page, which is at `<language>/<theme>/<page>.html`.
pub fn files(mut site: Site, languages: &[Language], themes: &[Theme]) -> askama::Result<Vec<File>> {
    site.base_path = ROOT.to_owned();
    site.operator_logo = site.logo.as_ref().map(|logo| format!("../../{}", logo_path(logo.content_type)));
    let mut files = static_files(&site, themes);
    let mut pages = Vec::new();
    for language in languages {
        let samples = samples::all(&site, language, &names())?;
        let letters = letters::samples::all(&site, &Issuer::localhost(8080), language, &names().identifier);
        let letters =
            letters.into_iter().map(|(kind, letter)| Ok((format!("letter-{}", kind.as_str()), letter.html()?)));
        let letters = letters.collect::<askama::Result<Vec<_>>>()?;
        pages = samples.iter().map(|sample| sample.name.clone()).chain(letters.iter().map(|it| it.0.clone())).collect();
        for theme in themes {
            for sample in &samples {
                let place = Place { page: &sample.name, theme: *theme, languages };
                let path = format!("{}/{}/{}.html", language.tag(), theme.name(), sample.name);
                files.push(File::new(path, place.without_server(&sample.html)));
            }
            for (name, html) in &letters {
                files.push(File::new(format!("{}/{}/{name}.html", language.tag(), theme.name()), theme.applied(html)));
            }
        }
    }
    let (languages, themes) = (languages.to_vec(), themes.to_vec());
    let index = IndexPage { operator: &site.operator_name, languages, themes, pages };
    // The first one: it marks the folder as a preview, so that an unfinished one can be written again.
    files.insert(0, File::new("index.html", index.render()?));
    Ok(files)
}

/// Names that nobody has.
fn names() -> Names {
    Names {
        client: "Tidepool Notes".to_owned(),
        person: "Anna Lindqvist".to_owned(),
        identifier: "anna".to_owned(),
        email: "anna@example.com".to_owned(),
        scope: "notes:read".to_owned(),
        note: "We are moving to a larger server.".to_owned(),
    }
}

fn static_files(site: &Site, themes: &[Theme]) -> Vec<File> {
    let mut files = vec![
        File::new("static/index.css", include_str!("../../../templates/preview/index.css")),
        File::new("static/client-logo.svg", CLIENT_LOGO),
    ];
    if let Some(logo) = &site.logo {
        files.push(File::new(logo_path(logo.content_type), logo.bytes.to_vec()));
    }
    let brand = site.pages.accent_color.as_ref().and_then(|color| accent_css(color.as_str()));
    for theme in themes {
        let mut add = |name: &str, content: Vec<u8>| {
            let content = String::from_utf8(content).map(|text| theme.applied(&text).into_bytes());
            let content = content.unwrap_or_else(|picture| picture.into_bytes());
            files.push(File::new(format!("static/{}/{name}", theme.name()), content));
        };
        for asset in ASSETS.iter().filter(|asset| ![LEAVING, WAITING].contains(&asset.name)) {
            add(asset.name, asset.bytes.to_vec());
        }
        for name in [LEAVING, WAITING] {
            add(name, b"// In a preview, nothing leaves the page by itself.\n".to_vec());
        }
        if let Some(brand) = &brand {
            add("brand.css", brand.clone().into_bytes());
        }
    }
    files
}

/// The operator's logo as a file, whose ending tells browsers what it is.
fn logo_path(content_type: &str) -> &'static str {
    match content_type {
        "image/png" => "static/brand-logo.png",
        "image/jpeg" => "static/brand-logo.jpg",
        "image/webp" => "static/brand-logo.webp",
        _ => "static/brand-logo.svg",
    }
}

/// Where a page is in the preview.
struct Place<'a> {
    page: &'a str,
    theme: Theme,
    languages: &'a [Language],
}

impl Place<'_> {
    /// The page as a file: it stays where it is, has its theme, and links other files.
    fn without_server(&self, html: &str) -> String {
        let html = without(html, "<noscript>", "</noscript>");
        let html = without(&html, "<script>", "</script>");
        let html = self.theme.applied(&html).replace("method=\"post\"", "method=\"get\"").replace(ONWARD, "");
        let mut parts = html.split(ROOT);
        let mut linked = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (path, rest) = part.split_at(part.find(['"', '\'', '<', ' ']).unwrap_or(part.len()));
            linked.push_str(&self.file_of(path));
            linked.push_str(rest);
        }
        // The language switch leads to the same page in that language.
        self.languages.iter().fold(linked, |html, language| {
            let button = format!("name=\"language\" value=\"{}\"", language.tag());
            let there = format!("../../{}/{}/{}.html", language.tag(), self.theme.name(), self.page);
            html.replace(&button, &format!("{button} formaction=\"{there}\""))
        })
    }

    /// The file that stands for this path below the issuer.
    fn file_of(&self, path: &str) -> String {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let shared = |name: &str| format!("../../static/{}/{name}", self.theme.name());
        match path {
            "/brand.css" => shared("brand.css"),
            "/client-logo/1" => "../../static/client-logo.svg".to_owned(),
            _ if path.starts_with("/static/") => shared(path.rsplit('/').next().unwrap_or_default()),
            _ => match Page::at(path).and_then(sample_of) {
                Some(sample) => format!("{sample}.html"),
                None => "../../index.html".to_owned(),
            },
        }
    }
}

/// The sample that a link to a page leads to.
fn sample_of(page: Page) -> Option<&'static str> {
    Some(match page {
        Page::Home => "home",
        Page::SignIn | Page::SignInPasskey | Page::SignInAnonymous | Page::SignInUpstream | Page::UpstreamCallback => {
            "sign_in"
        }
        Page::SignInChannel => "sign_in_channel",
        Page::SignInTicket => "sign_in_ticket",
        Page::TelegramCallback => "telegram",
        Page::NewHere => "sign_up_new_here",
        Page::ConnectUpstream => "connect_upstream",
        Page::SecondFactor => "second_factor",
        Page::SetUpSecondFactor => "set_up_second_factor",
        Page::PasskeyOffer => "passkey_offer",
        Page::SignInByMail => "sign_in_by_mail",
        Page::SignUp => "sign_up",
        Page::SelectAccount => "select_account",
        Page::Terms => "terms",
        Page::Consent => "consent",
        Page::ContinueAs => "continue_as",
        Page::SetPassword => "set_password",
        Page::UndoConnection => "undo_connection",
        Page::ForgotPassword => "forgot_password",
        Page::RecoveryCode => "recovery_code",
        Page::EndSession => "end_session",
        Page::SignedOut => "signed_out",
        Page::AccountProfile | Page::AccountSwitch => "account",
        Page::AccountLetters => "account-again",
        Page::AccountData => "account_data",
        Page::AccountSecurity => "account_security",
        Page::AccountAuthenticator => "account_authenticator",
        Page::AccountOtherAuthenticator => "account_authenticator-another",
        Page::AccountPasskeys => "account_passkeys",
        Page::AccountConnections => "account_connections",
        Page::AccountChannels => "account_channels",
        Page::AccountRecoveryCodes => "account_recovery_codes",
        Page::AccountVerify => "account_verify",
        Page::AccountEmail => "account_email",
        Page::AccountPassword => "account_password",
        Page::AccountActivity => "account_activity",
        Page::AccountSessions => "account_sessions",
        Page::AccountApplications => "account_applications",
        Page::Language => return None,
    })
}

/// The text without its parts from `begin` to `end`.
fn without(text: &str, begin: &str, end: &str) -> String {
    let mut parts = text.split(begin);
    let mut left = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        left.push_str(part.split_once(end).map_or("", |(_, rest)| rest));
    }
    left
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Component, Path, PathBuf};
    use std::sync::Arc;

    use scraper::{Html, Selector};

    use super::*;
    use crate::base::messages::Messages;
    use crate::config::{Color, Config};

    fn preview() -> Vec<File> {
        let mut config = Config::default();
        config.pages.accent_color = Color::parse("#ffcc00");
        let mut site = Site::new(&config.issuer, &config.pages, Arc::new(Messages::new(&[]).unwrap())).unwrap();
        site.logo = Some(crate::config::Logo { content_type: "image/png", bytes: vec![0x89, b'P'].into() });
        let languages: Vec<Language> = site.languages().all().cloned().collect();
        files(site, &languages, &Theme::ALL).unwrap()
    }

    /// The path of a link, from the folder of the preview.
    fn resolved(from: &str, link: &str) -> String {
        let mut path = PathBuf::from(from);
        path.pop();
        for part in Path::new(link).components() {
            match part {
                Component::ParentDir => assert!(path.pop(), "{from} links {link}"),
                part => path.push(part),
            }
        }
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn every_link_of_ours_leads_to_a_file() {
        let files = preview();
        let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths.len(), files.len(), "two files of one path");
        let pages = files.iter().filter(|file| file.path.ends_with(".html"));
        for (path, text) in pages.map(|file| (&file.path, std::str::from_utf8(&file.bytes).unwrap())) {
            assert!(!text.contains(ROOT), "{path}");
            let page = Html::parse_document(text);
            for element in page.select(&Selector::parse("[href], [src], [action], [formaction]").unwrap()) {
                let links = ["href", "src", "action", "formaction"].map(|name| element.attr(name));
                for link in links.into_iter().flatten() {
                    let to = resolved(path, link);
                    let foreign = link.starts_with(['#']) || link.contains(':');
                    assert!(foreign || paths.contains(to.as_str()), "{path} links {link}, which is {to}");
                    assert!(element.attr("src") != Some(link) || !to.ends_with(".html"), "{path} shows {link}");
                }
            }
        }
    }

    #[test]
    fn every_page_is_linked_and_none_leaves_by_itself() {
        let files = preview();
        let index = files.iter().find(|file| file.path == "index.html").unwrap();
        let index = std::str::from_utf8(&index.bytes).unwrap();
        assert!(index.contains(MARK));
        let pages = files.iter().filter(|file| file.path.ends_with(".html") && file.path != "index.html");
        for file in pages {
            assert!(index.contains(&format!("href=\"{}\"", file.path)), "{}", file.path);
            let text = std::str::from_utf8(&file.bytes).unwrap();
            assert!(!text.contains("http-equiv") && !text.contains("<script>"), "{}", file.path);
            assert!(!text.contains(ONWARD), "{}: a script follows the link", file.path);
            assert!(!text.contains("method=\"post\""), "{}: a file takes no post", file.path);
        }
        let leaving = files.iter().filter(|file| file.path.ends_with(LEAVING));
        assert!(leaving.count() == 2 && ASSETS.iter().any(|asset| asset.name == LEAVING));
    }

    #[test]
    fn a_theme_does_not_depend_on_the_system() {
        for file in preview().iter().filter(|file| file.path != "index.html") {
            let Ok(text) = std::str::from_utf8(&file.bytes) else { continue };
            assert!(!text.contains("prefers-color-scheme"), "{}", file.path);
            assert!(!text.contains("light dark"), "{}", file.path);
            let dark = file.path.contains("/dark/");
            if file.path.ends_with("latchkey.css") {
                assert!(text.contains(if dark { "@media (min-width: 0)" } else { "@media (max-width: 0)" }));
            }
        }
    }

    #[test]
    fn the_language_switch_leads_to_the_same_page() {
        let files = preview();
        let page = files.iter().find(|file| file.path == "en/dark/sign_in.html").unwrap();
        let text = std::str::from_utf8(&page.bytes).unwrap();
        assert!(text.contains("formaction=\"../../ru/dark/sign_in.html\""), "{text}");
    }
}
