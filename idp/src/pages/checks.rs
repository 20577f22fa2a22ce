//! Tests of every page in every language, and of the language files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use scraper::{ElementRef, Html, Selector};

use super::samples::{self, Names, Sample};
use crate::base::language::Language;
use crate::base::language_file::{Keys, LanguageFile, NAME};
use crate::base::messages::Messages;
use crate::site::Site;
use crate::site::page::Page;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Names that people and developers may choose: plain, long and hostile ones.
const NAMES: [&str; 4] = [
    "Tidepool Notes",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft und Söhne, Abteilung Fernwartung",
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>",
    "\u{202e}סידני notes",
];

fn site() -> Site {
    let messages = Messages::new(&[]).unwrap();
    Site {
        base_path: "/auth".to_owned(),
        operator_name: "Northwind".to_owned(),
        operator_logo: None,
        has_brand: true,
        pages: crate::config::Config::default().pages,
        logo: None,
        language: messages.languages().english().clone(),
        support: Some("mailto:help@northwind.example".to_owned()),
        tos_uri: Some("https://northwind.example/terms".to_owned()),
        terms: None,
        policy_uri: Some("https://northwind.example/privacy".to_owned()),
        messages: std::sync::Arc::new(messages),
    }
}

/// The same name for everything that strangers may name.
fn all_called(name: &str) -> Names {
    let [client, person, identifier, scope, note] = [name; 5].map(str::to_owned);
    Names { client, person, identifier, email: format!("{name}@example.com"), scope, note }
}

fn every_page() -> Vec<(Language, &'static str, Sample)> {
    let site = site();
    let mut pages = Vec::new();
    for language in site.languages().all() {
        for name in NAMES {
            let samples = samples::all(&site, language, &all_called(name)).unwrap();
            pages.extend(samples.into_iter().map(|sample| (language.clone(), name, sample)));
        }
    }
    pages
}

fn select<'h>(html: &'h Html, selector: &str) -> Vec<ElementRef<'h>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

#[test]
fn every_page_is_whole_in_every_language() {
    for (language, _, Sample { name, html }) in every_page() {
        assert!(!html.contains('⟦'), "{name} in {language:?} has a message that is not there: {html}");
        let page = Html::parse_document(&html);
        let document = select(&page, "html")[0];
        assert_eq!(document.attr("lang"), Some(language.tag()), "{name}");
        assert_eq!(document.attr("dir"), Some(if language.tag() == "ar" { "rtl" } else { "ltr" }), "{name}");
        assert_eq!(select(&page, "h1").len(), 1, "{name}");
        assert_eq!(select(&page, "main").len(), 1, "{name}");
        let title = select(&page, "title")[0].text().collect::<String>();
        assert!(title.trim() == title && title.ends_with(" · Northwind"), "{name}: {title:?}");
    }
}

#[test]
fn r3_a_name_stays_a_name_on_every_page() {
    for (_, _, Sample { name, html }) in every_page() {
        let page = Html::parse_document(&html);
        for script in select(&page, "script") {
            let text = script.text().collect::<String>();
            assert!(text.is_empty() || name == "form_post" && text == "document.forms[0].submit()", "{name}: {text}");
            assert!(
                !text.is_empty() || script.attr("src").is_some_and(|src| src.starts_with("/auth/static/")),
                "{name}"
            );
        }
        for image in select(&page, "img") {
            assert_eq!(image.attr("src"), Some("/auth/client-logo/1"), "{name}");
        }
        for element in select(&page, "*") {
            for (attribute, _) in element.value().attrs() {
                assert!(!attribute.starts_with("on") && attribute != "style", "{name}: {attribute}");
            }
        }
        assert!(select(&page, "style").is_empty(), "{name}");
    }
}

#[test]
fn every_form_is_ours_and_carries_its_proof() {
    for (_, _, Sample { name, html }) in every_page() {
        let page = Html::parse_document(&html);
        for form in select(&page, "form") {
            assert_eq!(form.attr("method"), Some("post"), "{name}");
            if name == "form_post" && form.attr("action") == Some("https://rp.example/cb") {
                assert!(!form.html().contains("csrf-token"), "{name}: our proof must not leave");
                continue;
            }
            assert!(form.attr("action").is_some_and(|action| action.starts_with("/auth/")), "{name}");
            let proof = Selector::parse("input[type=hidden][name=csrf]").unwrap();
            assert_eq!(form.select(&proof).next().and_then(|input| input.attr("value")), Some("csrf-token"), "{name}");
            if form.attr("action").is_some_and(|action| action.starts_with("/auth/account")) {
                let whose = Selector::parse("input[type=hidden][name=whose]").unwrap();
                assert!(form.select(&whose).next().is_some(), "{name}: a form that does not say whose page it was on");
            }
            assert!(form.select(&Selector::parse("button").unwrap()).next().is_some(), "{name}: no button to send it");
        }
    }
}

#[test]
fn every_link_of_ours_leads_to_a_page_of_the_table() {
    for (_, _, Sample { name, html }) in every_page() {
        let page = Html::parse_document(&html);
        let links = select(&page, "a[href], link[href], form[action]");
        let addresses = links.iter().filter_map(|link| link.attr("href").or(link.attr("action")));
        for path in addresses.filter_map(|address| address.split('?').next().unwrap_or_default().strip_prefix("/auth"))
        {
            let file = path.starts_with("/static/") || path == "/brand.css";
            assert!(file || Page::at(path).is_some(), "{name}: {path}");
        }
    }
}

#[test]
fn the_sections_of_the_account_say_which_one_is_shown() {
    let current = |html: &str| {
        let page = Html::parse_document(html);
        let links = select(&page, "nav.sections a[aria-current=page]");
        links.iter().filter_map(|link| link.attr("href").map(str::to_owned)).collect::<Vec<_>>()
    };
    let pages = every_page();
    for page in Page::ALL.iter().filter(|page| page.section().is_some()) {
        let here = format!("/auth{}", page.path());
        assert!(pages.iter().any(|(_, _, sample)| current(&sample.html) == [here.as_str()]), "{page:?}");
    }
}

#[test]
fn every_field_has_a_label_and_what_describes_it_is_there() {
    for (_, _, Sample { name, html }) in every_page() {
        let page = Html::parse_document(&html);
        let ids: Vec<_> = select(&page, "[id]").iter().filter_map(|element| element.attr("id")).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}: an id twice: {ids:?}");
        for input in select(&page, "input:not([type=hidden]):not([type=checkbox]):not(.unseen)") {
            let id = input.attr("id").unwrap();
            assert_eq!(select(&page, &format!("label[for={id}]")).len(), 1, "{name}: {id}");
            assert!(input.attr("autocomplete").is_some(), "{name}: {id}");
            let is_secret = input.attr("type") == Some("password") || input.attr("class") == Some("code");
            assert_eq!(is_secret, input.attr("value").is_none(), "{name}: {id} is echoed");
        }
        for element in select(&page, "[aria-describedby], [aria-labelledby]") {
            let named = element.attr("aria-describedby").or(element.attr("aria-labelledby")).unwrap_or_default();
            for id in named.split(' ') {
                assert!(ids.contains(&id), "{name}: no #{id}");
            }
        }
        for link in select(&page, "a[href^='#']") {
            assert!(ids.contains(&link.attr("href").unwrap().trim_start_matches('#')), "{name}: {}", link.html());
        }
    }
}

#[test]
fn an_error_page_leads_on() {
    let mut targets = BTreeSet::new();
    for (_, _, Sample { name, html }) in every_page().into_iter().filter(|(_, _, page)| page.name.starts_with("error-"))
    {
        let page = Html::parse_document(&html);
        let links = select(&page, "main a.button");
        assert!(!links.is_empty(), "{name}");
        targets.extend(links.iter().filter_map(|link| link.attr("href").map(str::to_owned)));
        assert_eq!(
            select(&page, "main details dd code")[0].text().collect::<String>(),
            name["error-".len()..],
            "{name}"
        );
    }
    let expected = [
        "/auth/forgot-password",
        "/auth/forgot-password/recovery-code",
        "/auth/sign-in",
        "/auth/sign-in?account=another",
        "https://northwind.example/auth/",
        "https://northwind.example/auth/account",
        "https://tidepool.example/",
    ];
    assert_eq!(targets.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn papers_say_whose_they_are() {
    for (_, client, Sample { name, html }) in every_page() {
        let page = Html::parse_document(&html);
        let owner =
            |papers: &ElementRef<'_>| papers.text().collect::<String>().trim().split(':').next().unwrap().to_owned();
        for papers in select(&page, "footer .papers") {
            assert_eq!(owner(&papers), "Northwind", "{name}");
        }
        if name == "consent" {
            assert_eq!(owner(&select(&page, "main .papers")[0]), client);
        }
    }
}

#[test]
fn identifiers_are_echoed_as_they_were_typed() {
    for (_, typed, Sample { name, html }) in every_page() {
        if name == "sign_in-Refused" {
            let page = Html::parse_document(&html);
            assert_eq!(select(&page, "#identifier")[0].attr("value"), Some(typed));
        }
    }
}

#[test]
fn the_style_sheet_has_no_left_and_no_right() {
    let css = std::fs::read_to_string(format!("{ROOT}/static/latchkey.css")).unwrap();
    // The first comment speaks of them.
    for (number, line) in css.lines().enumerate().skip(2) {
        for word in ["left", "right"] {
            assert!(!line.contains(word), "line {}: {line}: use the logical property", number + 1);
        }
    }
}

#[test]
fn a_page_that_leaves_goes_one_way_only() {
    for (_, _, Sample { name, html }) in every_page().into_iter().filter(|(_, _, page)| page.name == "leaving-code") {
        let page = Html::parse_document(&html);
        assert_eq!(select(&page, "#continue")[0].attr("href"), Some("https://rp.example/cb?code=1"), "{name}");
        let refresh =
            "<noscript><meta http-equiv=\"refresh\" content=\"0;url=https://rp.example/cb?code=1\"></noscript>";
        assert!(html.contains(refresh), "{html}");
    }
}

#[test]
fn every_key_that_pages_use_is_there_and_every_key_is_used() {
    let english = Keys::of(&LanguageFile::embedded()[0]);
    let english: BTreeSet<String> = english.iter().map(|(key, _)| key.to_owned()).collect();
    // What a file says about its language.
    let mut used = BTreeSet::from([NAME.to_owned()]);
    for file in files(&Path::new(ROOT).join("templates"), "html") {
        let text = std::fs::read_to_string(&file).unwrap();
        // Each call, how many of its quoted arguments come before the keys, and how many keys there are.
        for (call, before, keys) in [
            ("layout.t(\"", 0, 1),
            ("layout.t_args(\"", 0, 1),
            ("layout.t_client(\"", 0, 2),
            ("layout.around(\"", 0, 1),
            ("time::ago(layout, \"", 0, 1),
            ("time::exact(layout, \"", 0, 1),
            ("reveal(layout, \"", 1, 1),
            ("new_password(layout, problems, \"", 0, 2),
        ] {
            for rest in text.split(call).skip(1) {
                let quoted = rest.split(')').next().unwrap_or_default().split('"').step_by(2);
                for key in quoted.skip(before).take(keys) {
                    assert!(english.contains(key), "{key} in {} is not there", file.display());
                    used.insert(key.to_owned());
                }
            }
        }
    }
    let code = ["/src/account", "/src/channels", "/src/pages", "/src/http/page", "/src/site", "/src/letters"]
        .map(|folder| format!("{}{folder}", env!("CARGO_MANIFEST_DIR")));
    for file in code.iter().flat_map(|folder| files(Path::new(folder), "rs")) {
        let text = std::fs::read_to_string(&file).unwrap();
        used.extend(text.split('"').filter(|literal| english.contains(*literal)).map(str::to_owned));
    }
    assert_eq!(english.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new(), "not used");
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files(&entry, extension));
        } else if entry.extension().is_some_and(|end| end == extension) {
            found.push(entry);
        }
    }
    found
}
