//! The settings that all pages share, and the list of pages.

pub mod maintenance;
pub mod page;

use std::sync::{Arc, PoisonError, RwLock};

use crate::base::language::{Language, Languages};
use crate::base::messages::Messages;
use crate::config::{self, Issuer, Logo, Pages};
use crate::oidc::authorization::next_step::Terms;

/// What is the same on all pages of this provider.
pub struct Site {
    /// The path of the issuer without a slash at its end: empty, or `/auth`.
    pub base_path: String,
    /// The name of the operator.
    pub operator_name: String,
    /// The URL of the operator's logo, which the page may load; without it, pages show Latchkey's mark.
    pub operator_logo: Option<String>,
    /// Whether `/brand.css` has the operator's accent colour.
    pub has_brand: bool,
    /// The settings of the pages.
    pub pages: Pages,
    /// The operator's logo itself.
    pub logo: Option<Logo>,
    /// The language for people whose own language is unknown or not available.
    pub language: Language,
    /// Where people find help.
    pub support: Option<String>,
    /// The operator's terms of service.
    pub tos_uri: Option<String>,
    /// The terms that people have to accept; `None` if nobody is asked.
    pub terms: Option<Terms>,
    /// The operator's privacy policy.
    pub policy_uri: Option<String>,
    /// The texts.
    pub messages: Arc<Messages>,
}

impl Site {
    /// What these settings make of the pages.
    pub fn new(issuer: &Issuer, pages: &Pages, messages: Arc<Messages>) -> anyhow::Result<Self> {
        let logo = pages.logo.as_deref().map(Logo::read).transpose()?;
        let languages = messages.languages();
        let language = languages.lookup(&pages.language).unwrap_or_else(|| languages.english().clone());
        Ok(Self {
            base_path: issuer.path().to_owned(),
            operator_name: pages.operator_name.clone(),
            operator_logo: logo.is_some().then(|| issuer.path().to_owned() + "/brand-logo"),
            has_brand: pages.accent_color.is_some(),
            language,
            support: pages.support.clone(),
            tos_uri: pages.tos_uri.clone(),
            terms: None,
            policy_uri: pages.policy_uri.clone(),
            pages: pages.clone(),
            logo,
            messages,
        })
    }

    /// The language of the first of these tags that there are messages in, else the operator's: what a letter is written in to a reader
    /// with these wishes.
    pub fn language_of<'a>(&self, tags: impl IntoIterator<Item = &'a str>) -> Language {
        let found = tags.into_iter().find_map(|tag| self.languages().lookup(tag));
        found.unwrap_or_else(|| self.language.clone())
    }

    /// The same site where people have to accept the terms. Their version and their address are of one reading of the configuration, so
    /// that nobody is noted as having accepted another version than the one that they could read.
    #[must_use]
    pub fn with_terms(self, terms: &config::Terms) -> Self {
        let uri = self.tos_uri.clone();
        let terms = terms.version.clone().zip(uri).map(|(version, uri)| Terms { version, uri });
        Self { terms, ..self }
    }
}

/// The current site. An answer takes it once, and keeps using it even if it is replaced meanwhile.
pub struct PresentSite(RwLock<Arc<Site>>);

impl PresentSite {
    /// A site to begin with.
    pub fn new(site: Site) -> Self {
        Self(RwLock::new(Arc::new(site)))
    }

    /// The current site.
    pub fn get(&self) -> Arc<Site> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows this site from now on. The previous one is dropped with the last answer that uses it.
    pub fn replace(&self, site: Site) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(site);
    }
}

impl Site {
    /// The languages that pages are there in.
    pub fn languages(&self) -> &Languages {
        self.messages.languages()
    }

    /// Whether the footer has any links.
    pub fn has_links(&self) -> bool {
        self.support.is_some() || self.tos_uri.is_some() || self.policy_uri.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_site_that_was_replaced_goes_with_the_last_answer_that_is_made_of_it() {
        let (issuer, messages) = (Issuer::localhost(8080), Arc::new(Messages::new(&[]).unwrap()));
        let site = || Site::new(&issuer, &Config::default().pages, Arc::clone(&messages)).unwrap();
        let present = PresentSite::new(site());
        let answered = present.get();
        let first = Arc::downgrade(&answered);
        present.replace(site());
        assert!(first.upgrade().is_some(), "an answer is made of it");
        drop(answered);
        assert!(first.upgrade().is_none(), "it is gone, with its logo");
    }
}
