//! The folder of language files that `pages.languages_dir` names.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use unic_langid::LanguageIdentifier;

use super::pages::Pages;
use super::problem::{Place, Problem};
use super::reader::Reader;
use crate::base::language::{self, Language, Languages};
use crate::base::language_file::{LARGEST, LanguageFile};
use crate::base::refusal;

/// The key that names the folder.
const FOLDER: &str = "pages.languages_dir";

/// Reads and checks the files of the folder, if the configuration names one, and checks that pages are there in the
/// language of the configuration.
pub(super) fn read(pages: &Pages, reader: &mut Reader) -> Vec<LanguageFile> {
    let files = match &pages.languages_dir {
        None => Vec::new(),
        Some(folder) => match in_folder(folder) {
            Ok(paths) => read_files(&paths, reader),
            Err(why) => {
                let (place, found) = (reader.place(FOLDER), Some(format!("{:?}", folder.display().to_string())));
                let wanted = format!("this folder cannot be read: {}", refusal::explained(folder, &why));
                reader.problems.push(Problem { key: FOLDER.to_owned(), place, found, wanted });
                return Vec::new();
            }
        },
    };
    let of = |file: &LanguageFile| Language::new(&file.id, None, None);
    let [english, others @ ..] = LanguageFile::embedded();
    let languages = Languages::new(of(&english), others.iter().chain(&files).map(of).collect());
    if languages.lookup(&pages.language).is_none() {
        let tags: BTreeSet<_> = languages.all().map(|language| format!("{:?}", language.tag())).collect();
        let tags: Vec<_> = tags.into_iter().collect();
        let (key, found) = ("pages.language".to_owned(), Some(format!("{:?}", pages.language)));
        let (place, wanted) = (reader.place(&key), format!("allowed: {}", tags.join(", ")));
        reader.problems.push(Problem { key, place, found, wanted });
    }
    files
}

/// The language files of a folder, in the order of their names. What has another ending, or begins with a dot as the
/// data of a mounted volume does, is none.
fn in_folder(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|ending| ending == "ftl") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_files(paths: &[PathBuf], reader: &mut Reader) -> Vec<LanguageFile> {
    let mut files: Vec<LanguageFile> = Vec::new();
    for path in paths {
        let mut refuse = |wanted: String| {
            let (key, place) = (FOLDER.to_owned(), Place::File(path.clone()));
            reader.problems.push(Problem { key, place, found: None, wanted });
        };
        let Some(id) = tag_of(path) else {
            refuse("the name of this file is no language tag, such as pt-BR".to_owned());
            continue;
        };
        if files.iter().any(|other| other.id == id) {
            refuse(format!("there is another file of {id}"));
            continue;
        }
        match read_file(path) {
            Ok(source) => files.push(LanguageFile { id, source: source.into() }),
            Err(why) => {
                refuse(why);
                continue;
            }
        }
        for finding in files.last().map(LanguageFile::findings).unwrap_or_default() {
            let place = match finding.line {
                Some(line) => Place::Line(path.clone(), line),
                None => Place::File(path.clone()),
            };
            let problem = Problem { key: FOLDER.to_owned(), place, found: finding.found, wanted: finding.why };
            if finding.is_error { &mut reader.problems } else { &mut reader.warnings }.push(problem);
        }
    }
    files
}

/// The language that a file is named after.
fn tag_of(path: &Path) -> Option<LanguageIdentifier> {
    language::tag(path.file_stem()?.to_str()?)
}

/// The text of a file; an error says why it cannot be used.
fn read_file(path: &Path) -> Result<String, String> {
    let read = || {
        // Something that is no file, such as a pipe, might never end, or never begin.
        if !std::fs::metadata(path)?.is_file() {
            return Err(std::io::Error::other("it is no file"));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| format!("this file cannot be read: {}", refusal::explained(path, &error)))?;
    if bytes.len() > LARGEST {
        return Err("this file is larger than 1 MiB".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        format!("this file is not UTF-8, in line {line}")
    })?;
    // Some editors begin a file with this mark.
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{Config, Loaded, Problems};
    use super::*;

    /// The configuration with a folder that has these files.
    fn read(files: &[(&str, &[u8])], rest: &str) -> (tempfile::TempDir, Result<Loaded, Problems>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let document = format!("[pages]\nlanguages_dir = '{}'\n{rest}", folder.path().display());
        let loaded = Config::read(Some((Path::new("latchkey.toml"), &document)), std::iter::empty());
        (folder, loaded)
    }

    /// What is told, with the folder's name left out.
    fn told(folder: &tempfile::TempDir, problems: &[Problem]) -> Vec<String> {
        let folder = format!("{}/", folder.path().display());
        problems.iter().map(|problem| problem.to_string().replace(&folder, "")).collect()
    }

    #[test]
    fn a_language_of_the_folder_can_be_the_one_of_the_configuration() {
        let files: &[(&str, &[u8])] = &[
            ("pt_br.ftl", "\u{feff}sign-in = Entrar\n".as_bytes()),
            ("ru.ftl", "sign-in = Вход\n".as_bytes()),
            ("README.md", b"x"),
            (".hidden.ftl", b"x"),
        ];
        let (folder, loaded) = read(files, "language = 'pt-BR'");
        let loaded = loaded.unwrap();
        let read: Vec<_> = loaded.config.languages.iter().map(|file| (file.id.to_string(), &*file.source)).collect();
        assert_eq!(read, [("pt-BR".to_owned(), "sign-in = Entrar\n"), ("ru".to_owned(), "sign-in = Вход\n")]);
        let warnings = told(&folder, &loaded.warnings);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with("pages.languages_dir (pt_br.ftl): "), "{warnings:?}");
        assert!(warnings[0].contains("messages are missing, and pages show them in English"), "{warnings:?}");
    }

    #[test]
    fn what_is_wrong_in_any_file_is_told_at_once_with_its_line() {
        let large = vec![b'#'; LARGEST + 1];
        let files: &[(&str, &[u8])] = &[
            ("de.ftl", b"sign-in = A\nsign-in = B\nsing-out = C\n"),
            ("fr.ftl", b"sign-in = \xe9\n"),
            ("large.ftl", &large),
            ("pt-BR.ftl", b"sign-in\n"),
            ("pt_br.ftl", b""),
            ("und.ftl", b""),
            ("brazilian portuguese.ftl", b""),
        ];
        let (folder, loaded) = read(files, "");
        fs::create_dir(folder.path().join("x.ftl")).unwrap();
        let problems = told(&folder, &loaded.unwrap_err().0);
        let expected = [
            "pages.languages_dir (brazilian portuguese.ftl): the name of this file is no language tag, such as pt-BR",
            "pages.languages_dir (de.ftl:2): found sign-in; this key is in the file twice",
            "pages.languages_dir (fr.ftl): this file is not UTF-8, in line 1",
            "pages.languages_dir (large.ftl): this file is larger than 1 MiB",
            "pages.languages_dir (pt-BR.ftl:",
            "pages.languages_dir (pt_br.ftl): there is another file of pt-BR",
            "pages.languages_dir (und.ftl): the name of this file is no language tag, such as pt-BR",
        ];
        assert_eq!(problems.len(), expected.len(), "{problems:#?}");
        for (problem, begin) in problems.iter().zip(expected) {
            assert!(problem.starts_with(begin), "{problem}: {begin}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_and_a_language_without_pages_are_told() {
        let problems = |document: &str| {
            let read = Config::read(Some((Path::new("latchkey.toml"), document)), std::iter::empty());
            read.unwrap_err().0.iter().map(Problem::to_string).collect::<Vec<_>>()
        };
        let missing = problems("[pages]\nlanguages_dir = '/nowhere/languages'\nlanguage = 'de'");
        assert_eq!(missing.len(), 1, "{missing:?}");
        let begin = "pages.languages_dir (latchkey.toml:2): found \"/nowhere/languages\"; this folder cannot be read: ";
        assert!(missing[0].starts_with(begin), "{missing:?}");
        let unknown = problems("[pages]\nlanguage = 'de'").join("\n");
        assert!(unknown.starts_with("pages.language (latchkey.toml:2): found \"de\"; allowed: "), "{unknown}");
        assert!(unknown.ends_with("\"en\", \"ru\""), "{unknown}");
    }

    #[test]
    fn the_example_in_the_docs_is_a_language_file() {
        let docs = include_str!("../../../docs/operate.md");
        let (_, example) = docs.split_once("```ftl\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let (folder, loaded) = read(&[("pt-BR.ftl", example.as_bytes())], "language = 'pt-BR'");
        let warnings = told(&folder, &loaded.unwrap().warnings);
        assert_eq!(warnings.len(), 1, "it is only not complete: {warnings:?}");
        assert!(warnings[0].contains("messages are missing"), "{warnings:?}");
    }

    #[test]
    fn a_file_that_is_no_file_is_not_waited_for() {
        let (folder, _) = read(&[], "");
        fs::create_dir(folder.path().join("de.ftl")).unwrap();
        assert_eq!(read_file(&folder.path().join("de.ftl")), Err("this file cannot be read: it is no file".to_owned()));
    }
}
