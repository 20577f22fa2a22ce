//! `[pages]`: how the hosted pages look and speak.

use std::path::PathBuf;

use super::reader::{Rule, if_set, rule, section};
use super::value::Color;
use crate::base::language::tag;

section! {
    /// The look and the language of the hosted pages.
    #[derive(PartialEq)]
    pub struct Pages("pages") {
        /// The name that people see on the pages.
        operator_name: String = "Latchkey".to_owned();
        /// A picture of at most 256 KiB (PNG, JPEG, WebP or SVG) to show beside the name.
        logo: Option<PathBuf> = None;
        /// The colour of buttons and links, as `#rrggbb`.
        accent_color: Option<Color> = None, otherwise("that of the built-in style sheet");
        /// The language of people whose own is not known or not there.
        language: String = "en".to_owned(),
            must(rule("the tag of a language that pages are there in, such as \"en\"", |text: &String| tag(text).is_some()));
        /// A folder of language files (`pt-BR.ftl`), which add languages and replace single messages; read again at SIGHUP.
        languages_dir: Option<PathBuf> = None;
        /// Where people find help: a web page, or `mailto:` and an address.
        support: Option<String> = None, must(if_set(link(&["https", "mailto"])));
        /// The terms of service.
        tos_uri: Option<String> = None, must(if_set(link(&["https", "http"])));
        /// The privacy policy.
        policy_uri: Option<String> = None, must(if_set(link(&["https", "http"])));
    }
}

/// A link that a page can offer without harm.
pub(super) fn link(schemes: &'static [&'static str]) -> Rule<String> {
    let words = schemes.iter().map(|scheme| format!("{scheme}:")).collect::<Vec<_>>().join(" or ");
    rule(format!("a URL that begins with {words}"), move |text: &String| {
        url::Url::parse(text).is_ok_and(|url| schemes.contains(&url.scheme()))
    })
}
