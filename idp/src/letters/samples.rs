//! Samples of every letter, which `latchkey pages preview` and the tests of letters render.

use super::content::{Content, Letter};
use super::kind::{Kind, Notice};
use super::written::{Facts, Secrets};
use crate::base::clock::Timestamp;
use crate::base::language::Language;
use crate::config::Issuer;
use crate::site::Site;

/// Every letter in a language, with this text in the places that strangers control.
pub fn all(site: &Site, issuer: &Issuer, language: &Language, name: &str) -> Vec<(Kind, Content)> {
    let facts = Facts {
        at: Some(Timestamp::from_seconds(1_767_225_600)),
        address: Some("203.0.113.7".to_owned()),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0".to_owned()),
        minutes: None,
        old: Some(format!("{name}@old.example")),
        new: Some(format!("{name}@new.example")),
        due_at: Some(Timestamp::from_seconds(1_767_830_400)),
    };
    let recipient = format!("{name}@example.com");
    let sample = |kind: Kind| {
        let secrets = match kind {
            Kind::Notice(Notice::AddressReplaced | Notice::UpstreamLinkedLately | Notice::UpstreamUnlinkedLately) => {
                Secrets { token: Some("lk_mt_sample".into()), ..Secrets::default() }
            }
            Kind::Notice(Notice::MailWordChanged) => Secrets { word: Some(name.into()), ..Secrets::default() },
            Kind::Notice(_) | Kind::Test => Secrets::default(),
            Kind::Invitation => Secrets { token: Some("7K3PD-0Q9XW-M4T2Z-H8RBC-51VNE".into()), ..Secrets::default() },
            _ => Secrets { code: Some("482913".into()), token: Some("lk_mt_sample".into()), word: None },
        };
        let minutes = match kind {
            Kind::Verify => 24 * 60,
            Kind::Notice(Notice::AddressReplaced | Notice::UpstreamLinkedLately | Notice::UpstreamUnlinkedLately) => {
                7 * 24 * 60
            }
            _ => 30,
        };
        let facts = Facts { minutes: Some(minutes), ..facts.clone() };
        let letter = Letter { kind, recipient: &recipient, facts: &facts, secrets: &secrets, word: Some(name) };
        (kind, Content::new(site, issuer, language, &letter))
    };
    Kind::ALL.map(sample).into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use scraper::{Html, Selector};

    use super::*;
    use crate::base::messages::Messages;
    use crate::config::Config;

    /// Names that people may choose: plain, long and hostile ones.
    const NAMES: [&str; 4] = [
        "anna",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>",
        "\u{202e}סידני",
    ];

    fn every_letter() -> Vec<(Language, &'static str, Kind, Content)> {
        let (issuer, messages) = (Issuer::localhost(8080), Arc::new(Messages::new(&[]).unwrap()));
        let mut letters = Vec::new();
        for name in NAMES {
            let mut pages = Config::default().pages;
            pages.operator_name = format!("{name} & Co");
            let site = Site::new(&issuer, &pages, Arc::clone(&messages)).unwrap();
            for language in site.languages().all() {
                let all = all(&site, &issuer, language, name);
                letters.extend(all.into_iter().map(|(kind, content)| (language.clone(), name, kind, content)));
            }
        }
        letters
    }

    #[test]
    fn every_letter_is_whole_in_every_language() {
        let letters = every_letter();
        assert_eq!(letters.len(), NAMES.len() * 3 * Kind::ALL.len());
        for (language, name, kind, content) in letters {
            let (text, html) = (content.plain().unwrap(), content.html().unwrap());
            for whole in [&text, &html, &content.subject] {
                assert!(!whole.contains('⟦') && !whole.contains("{ $") && !whole.contains("{{"), "{kind:?}: {whole}");
            }
            let page = Html::parse_document(&html);
            let select = |selector: &str| page.select(&Selector::parse(selector).unwrap()).collect::<Vec<_>>();
            let document = select("html")[0].value();
            assert_eq!(document.attr("lang"), Some(language.tag()));
            assert_eq!(document.attr("dir"), Some(if language.tag() == "ar" { "rtl" } else { "ltr" }));
            let shown = select("body")[0].text().collect::<String>();
            let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            // Both say the same.
            let said = [&content.text, &content.foot].into_iter().chain(content.advice.as_ref());
            for said in said.chain(content.code.iter().map(|it| &it.1)).chain(content.facts.iter().map(|it| &it.1)) {
                assert!(
                    plain(&shown).contains(&plain(said)) && plain(&text).contains(&plain(said)),
                    "{kind:?}: {said}"
                );
            }
            if let Some((_, address)) = &content.link {
                assert!(text.contains(address.as_str()), "{text}");
                assert_eq!(select("a")[0].attr("href"), Some(address.as_str()));
            }
            assert!(
                !name.contains("anna") || text.lines().all(|line| !line.contains("  ") || line.starts_with("    "))
            );
        }
    }

    #[test]
    fn r3_a_name_stays_a_name_in_every_letter_and_nothing_is_loaded() {
        for (_, _, kind, content) in every_letter() {
            let page = Html::parse_document(&content.html().unwrap());
            let select = |selector: &str| page.select(&Selector::parse(selector).unwrap()).count();
            assert_eq!(select("script, img, link, iframe, object, form, style, base, meta[http-equiv]"), 0, "{kind:?}");
            assert_eq!(select("a"), usize::from(content.link.is_some()), "{kind:?}");
            for element in page.select(&Selector::parse("*").unwrap()) {
                assert!(
                    element.value().attrs().all(|(name, value)| !name.starts_with("on") && !value.contains("url("))
                );
            }
        }
    }
}
