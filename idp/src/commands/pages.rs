//! `latchkey pages`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::base::language::{self, Language};
use crate::base::language_file::LanguageFile;
use crate::base::messages::Messages;
use crate::base::refusal;
use crate::commands::output::{Failure, Outcome, Output, failed, problem};
use crate::config::{Config, Loaded};
use crate::pages::preview::{self, MARK, Theme};
use crate::site::Site;

/// What can be done about the pages.
#[derive(Clone, Debug, Subcommand)]
pub enum PagesCommand {
    /// Write every page with samples, as files that a browser opens without a server
    Preview(Preview),
    /// Print the language file of a language that Latchkey has, as a pattern for another one
    Texts {
        /// The language by its tag, such as en
        #[arg(value_name = "TAG", default_value = "en")]
        language: String,
    },
}

/// What a preview shows, and where it is written.
#[derive(Args, Clone, Debug)]
pub struct Preview {
    /// The folder to write: a new or empty one, or one with an earlier preview
    pub folder: PathBuf,
    /// A language by its tag, such as pt-BR; may be repeated [default: all]
    #[arg(long = "language", value_name = "TAG")]
    pub languages: Vec<String>,
    /// The theme
    #[arg(long, default_value = "both")]
    pub theme: Themes,
}

/// The themes of a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Themes {
    /// Dark text on a light ground
    Light,
    /// Light text on a dark ground
    Dark,
    /// Each page in both
    Both,
}

impl Themes {
    fn all(self) -> &'static [Theme] {
        match self {
            Self::Light => &[Theme::Light],
            Self::Dark => &[Theme::Dark],
            Self::Both => &Theme::ALL,
        }
    }
}

/// Does what the command says; it needs no database.
pub fn answer(command: &PagesCommand, path: Option<&Path>, env: impl Iterator<Item = (String, String)>) -> Outcome {
    match command {
        PagesCommand::Preview(preview) => write_preview(preview, &Config::load(path, env)?),
        PagesCommand::Texts { language } => texts(language),
    }
}

fn texts(wanted: &str) -> Outcome {
    let embedded = LanguageFile::embedded();
    let id = language::tag(wanted);
    let Some(file) = embedded.iter().find(|file| Some(&file.id) == id.as_ref()) else {
        let there = embedded.map(|file| file.id.to_string()).join(", ");
        return Err(Failure::Usage(format!("Latchkey has no texts in {wanted:?}. It has them in {there}.")));
    };
    Ok(Output::new(&*file.source, &json!({ "language": file.id.to_string(), "texts": &*file.source })))
}

fn write_preview(preview: &Preview, loaded: &Loaded) -> Outcome {
    let config = &loaded.config;
    let messages = Messages::new(&config.languages)?;
    let site = Site::new(&config.issuer, &config.pages, Arc::new(messages))?;
    let languages = chosen(&site, &preview.languages)?;
    let folder = &preview.folder;
    is_free(folder)?;
    let files = preview::files(site, &languages, preview.theme.all()).map_err(failed)?;
    for file in &files {
        let path = folder.join(&file.path);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = written.and_then(|()| std::fs::write(&path, &file.bytes));
        written
            .map_err(|error| anyhow!(refusal::explained(&path, &error)))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let index = folder.join("index.html");
    let pages = files.iter().filter(|file| file.path.ends_with(".html")).count() - 1;
    let mut text = String::new();
    for warning in &loaded.warnings {
        text.push_str(&format!("Warning: {warning}\n"));
    }
    text.push_str(&format!("Wrote {pages} pages. Open {} in a browser.", index.display()));
    let json = json!({
        "folder": folder,
        "index": index,
        "pages": pages,
        "languages": languages.iter().map(Language::tag).collect::<Vec<_>>(),
        "themes": preview.theme.all().iter().map(|theme| theme.name()).collect::<Vec<_>>(),
        "warnings": loaded.warnings.iter().map(problem).collect::<Vec<_>>(),
    });
    Ok(Output { text, json })
}

/// The languages that were asked for, each once, or all of them.
fn chosen(site: &Site, tags: &[String]) -> Result<Vec<Language>, Failure> {
    if tags.is_empty() {
        return Ok(site.languages().all().cloned().collect());
    }
    let mut languages = Vec::new();
    for tag in tags {
        let Some(language) = site.languages().lookup(tag) else {
            let there: Vec<_> = site.languages().all().map(Language::tag).collect();
            let why = format!("There are no pages in {tag:?}. There are pages in {}.", there.join(", "));
            return Err(Failure::Usage(why));
        };
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    Ok(languages)
}

/// Refuses a folder with files of something else.
fn is_free(folder: &Path) -> Result<(), Failure> {
    let mut entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            let why = anyhow!(refusal::explained(folder, &error));
            return Err(why.context(format!("{} cannot be read", folder.display())).into());
        }
    };
    let is_preview = || std::fs::read_to_string(folder.join("index.html")).is_ok_and(|text| text.contains(MARK));
    if entries.next().is_some() && !is_preview() {
        let why = "has files of something else: name a new or empty folder, or one with an earlier preview";
        return Err(Failure::Conflict(format!("{} {why}", folder.display())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn preview(folder: &Path, languages: &[&str], document: &str) -> Outcome {
        let loaded = Config::read(Some((Path::new("latchkey.toml"), document)), std::iter::empty()).unwrap();
        let languages = languages.iter().map(|tag| (*tag).to_owned()).collect();
        write_preview(&Preview { folder: folder.to_owned(), languages, theme: Themes::Dark }, &loaded)
    }

    #[test]
    fn a_preview_has_the_operators_name_logo_colour_and_languages() {
        let folder = tempfile::tempdir().unwrap();
        let languages = folder.path().join("languages");
        fs::create_dir(&languages).unwrap();
        fs::write(languages.join("pt-BR.ftl"), "language-name = Português (Brasil)\nsign-in-title = Entrar\n").unwrap();
        let logo = folder.path().join("logo.svg");
        fs::write(&logo, "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
        let document = format!(
            "[pages]\noperator_name = 'Northwind'\naccent_color = '#ffcc00'\nlogo = '{}'\nlanguages_dir = '{}'",
            logo.display(),
            languages.display()
        );
        let to = folder.path().join("preview");
        let output = preview(&to, &["pt-br", "pt-BR"], &document).unwrap();
        assert_eq!((&output.json["languages"], &output.json["themes"]), (&json!(["pt-BR"]), &json!(["dark"])));
        assert!(output.text.starts_with("Warning: pages.languages_dir ("), "{}", output.text);
        let page = fs::read_to_string(to.join("pt-BR/dark/sign_in.html")).unwrap();
        for part in ["<html lang=\"pt-BR\" dir=\"ltr\"", "Entrar", "Northwind", "../../static/brand-logo.svg"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(to.join("static/brand-logo.svg").exists());
        assert!(fs::read_to_string(to.join("static/dark/brand.css")).unwrap().contains("--accent"));
        assert!(!to.join("static/light").exists());
        // Again, over the one before.
        preview(&to, &[], "").unwrap();
        assert!(to.join("ru/dark/sign_in.html").exists());
    }

    #[test]
    fn the_texts_of_a_language_are_a_language_file() {
        let english = texts("EN").unwrap();
        assert!(english.text.contains("\nlanguage-name = English\n"));
        assert_eq!(english.json["texts"], english.text.as_str());
        assert!(texts("ru").unwrap().text.contains("language-name = Русский"));
        assert!(matches!(texts("tlh").unwrap_err(), Failure::Usage(why) if why.contains("en, ")));
    }

    #[test]
    fn a_folder_of_something_else_and_a_language_without_pages_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("preview");
        let refused = preview(&to, &["tlh"], "").unwrap_err();
        assert!(
            matches!(&refused, Failure::Usage(why) if why.contains("\"tlh\"") && why.contains("en, ")),
            "{refused:?}"
        );
        assert!(!to.exists(), "nothing was written");
        fs::write(folder.path().join("index.html"), "<title>Something else</title>").unwrap();
        let refused = preview(folder.path(), &[], "").unwrap_err();
        assert!(matches!(refused, Failure::Conflict(_)), "{refused:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");
    }
}
