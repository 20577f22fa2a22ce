//! Files use each other in one direction: whoever reads one needs to know what it uses, and never what uses it.

use std::collections::{BTreeMap, BTreeSet};

use super::{files, without_tests};

/// The files by the names of their modules, with what they use.
fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let modules: BTreeMap<String, String> = files("idp/src", ".rs")
        .into_iter()
        .map(|(path, text)| {
            let name = path.trim_start_matches("idp/src/").trim_end_matches(".rs").trim_end_matches("/mod");
            (name.replace('/', "::"), code(&text))
        })
        .filter(|(name, _)| name != "lib" && name != "main")
        .collect();
    let of = |(name, code): (&String, &String)| {
        let used = paths(code, name, &modules).into_iter().filter(|used| used != name).collect();
        (name.clone(), used)
    };
    modules.iter().map(of).collect()
}

/// The text without its tests and comments, and without the paths that say who may see something.
fn code(text: &str) -> String {
    let code = without_tests(text);
    let lines: Vec<_> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    lines.join("\n").replace("pub(in crate::", "pub(in ")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The modules that paths in this code lead to.
fn paths(code: &str, own: &str, modules: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("::") {
        let before = &code[..at];
        let first = &before[before.trim_end_matches(is_word).len()..];
        let begins = !before[..before.len() - first.len()].ends_with("::");
        if first.is_empty() || !begins {
            continue;
        }
        let child = format!("{own}::{first}");
        let base = match first {
            "crate" => Vec::new(),
            "super" => own.split("::").take(own.matches("::").count()).map(str::to_owned).collect(),
            "self" => own.split("::").map(str::to_owned).collect(),
            _ if modules.contains_key(&child) => child.split("::").map(str::to_owned).collect(),
            _ => continue,
        };
        follow(&code[at + 2..], base, modules, &mut found);
    }
    found
}

/// Follows a path from here on, into every branch of a group, and notes the innermost module on it.
fn follow(rest: &str, mut base: Vec<String>, modules: &BTreeMap<String, String>, found: &mut BTreeSet<String>) {
    let rest = rest.trim_start();
    if let Some(group) = rest.strip_prefix('{') {
        for branch in branches(group) {
            follow(branch, base.clone(), modules, found);
        }
        return;
    }
    let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
    match word {
        "super" => drop(base.pop()),
        "self" => {}
        _ => base.push(word.to_owned()),
    }
    match rest[word.len()..].strip_prefix("::") {
        Some(further) => follow(further, base, modules, found),
        None => {
            let longest = (1..=base.len()).rev().map(|n| base[..n].join("::")).find(|name| modules.contains_key(name));
            found.extend(longest);
        }
    }
}

/// The branches of a group, of which this text begins behind the brace.
fn branches(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut all) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                all.push(group[begin..at].trim());
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    all.retain(|branch| !branch.is_empty());
    all
}

/// A way from this module back to itself.
fn circle<'a>(from: &'a str, uses: &'a BTreeMap<String, BTreeSet<String>>) -> Option<Vec<&'a str>> {
    let (mut came_from, mut next): (BTreeMap<&str, &str>, _) = (BTreeMap::new(), vec![from]);
    while let Some(here) = next.pop() {
        for used in &uses[here] {
            if used == from {
                let mut way = vec![from, here];
                while let Some(before) = came_from.get(*way.last().unwrap()) {
                    way.push(*before);
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(used.as_str()) {
                came_from.insert(used.as_str(), here);
                next.push(used);
            }
        }
    }
    None
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let uses = uses();
    assert!(uses["http::error"].contains("oidc::error") && uses["store::db"].contains("store::db::pool"), "{uses:?}");
    let circles: Vec<_> = uses.keys().filter_map(|module| circle(module, &uses)).map(|way| way.join(" -> ")).collect();
    assert_eq!(circles, [""; 0], "files that use each other");
}

/// The folders, and the files beside them, that are directly below a folder, by their names, with what they use of each other.
fn folders(below: &str, uses: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    let folder = |module: &String| {
        let inner = module.strip_prefix(below)?.trim_start_matches("::");
        inner.split("::").next().filter(|name| !name.is_empty()).map(str::to_owned)
    };
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, used) in uses {
        let Some(own) = folder(module) else { continue };
        let used = used.iter().filter_map(folder).filter(|name| *name != own);
        found.entry(own.clone()).or_default().extend(used);
    }
    found
}

#[test]
fn no_folders_use_each_other_in_a_circle() {
    let uses = uses();
    // `app` holds what all the others work with; the server is one of the commands.
    for (below, left_out) in [("", &["app", "server"][..]), ("pages", &[])] {
        let mut folders = folders(below, &uses);
        folders.retain(|name, _| !left_out.contains(&name.as_str()));
        for used in folders.values_mut() {
            used.retain(|name| !left_out.contains(&name.as_str()));
        }
        assert!(folders.len() > 10, "{folders:?}");
        let circles = folders.keys().filter_map(|name| circle(name, &folders));
        assert_eq!(circles.map(|way| way.join(" -> ")).collect::<Vec<_>>(), [""; 0], "folders that use each other");
    }
}

#[test]
fn a_circle_is_found_whatever_way_a_file_is_named() {
    let modules: BTreeMap<_, _> = [
        ("a", "use crate::b::{self, c::{D, E}};"),
        ("b", "mod c; pub use c::E; fn f() { super::f::g() }"),
        ("b::c", "use super::{E, d};"),
        ("b::d", "pub(in crate::b) fn f() -> crate::f::G {}"),
        ("f", "// crate::a\nuse std::fmt;"),
    ]
    .map(|(name, text)| (name.to_owned(), code(text)))
    .into();
    let used = |name: &str| paths(&modules[name], name, &modules).into_iter().collect::<Vec<_>>();
    assert_eq!(used("a"), ["b", "b::c"]);
    assert_eq!(used("b"), ["b::c", "f"]);
    assert_eq!(used("b::c"), ["b", "b::d"]);
    assert_eq!(used("b::d"), ["f"]);
    assert_eq!(used("f"), [""; 0]);
    let uses = modules.keys().map(|name| (name.clone(), used(name).into_iter().collect())).collect();
    assert_eq!(circle("b", &uses), Some(vec!["b", "b::c", "b"]));
    assert_eq!(circle("a", &uses), None);
}
