//! The snippets of docs/integrate.md are parts of applications that `./test --only languages` runs.

use super::{files, root};

/// The part of a file between its `[name]` and `[end]` comments, as far to the left as it goes.
fn part(text: &str, name: &str) -> Option<String> {
    let comment = |line: &str| line.trim().trim_start_matches(['/', '#']).trim().to_owned();
    let lines: Vec<&str> = text
        .lines()
        .skip_while(|line| comment(line) != format!("[{name}]"))
        .skip(1)
        .take_while(|line| comment(line) != "[end]")
        .collect();
    let indent =
        lines.iter().filter(|line| !line.trim().is_empty()).map(|it| it.len() - it.trim_start().len()).min()?;
    let lines: Vec<&str> = lines.iter().map(|line| line.get(indent..).unwrap_or_default()).collect();
    Some(lines.join("\n").trim_matches('\n').to_owned())
}

#[test]
fn every_snippet_is_a_part_of_an_application_that_is_tested() {
    let document = std::fs::read_to_string(root().join("docs/integrate.md")).unwrap();
    let mut shown = 0;
    for (above, block) in document.split("\n```").collect::<Vec<_>>().windows(2).map(|pair| (pair[0], pair[1])) {
        // `[app.py](../tests/clients/apps/python/app.py), sign-in:` is the line above.
        let Some((file, name)) = above.trim_end().lines().last().and_then(|line| {
            let (file, name) = line.strip_suffix(':')?.split_once("](../")?.1.split_once("), ")?;
            Some((file.to_owned(), name.to_owned()))
        }) else {
            continue;
        };
        let text = std::fs::read_to_string(root().join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let there = part(&text, &name).unwrap_or_else(|| panic!("{file} has a part [{name}]"));
        let snippet = block.split_once('\n').unwrap().1;
        assert_eq!(snippet, there, "docs/integrate.md shows {name} of {file} as it is");
        shown += 1;
    }
    let parts: usize = ["tests/clients/apps", "tests/clients/proxies"]
        .iter()
        .flat_map(|folder| files(folder, ""))
        .filter(|(name, _)| !name.contains("node_modules") && !name.ends_with(".test.mjs"))
        .map(|(_, text)| text.lines().filter(|line| line.trim().ends_with(" [end]")).count())
        .sum();
    assert_eq!(shown, parts, "every part is shown");
}

#[test]
fn the_table_of_scopes_names_every_claim_that_a_scope_gives() {
    let document = std::fs::read_to_string(root().join("docs/integrate.md")).unwrap();
    let mut named: Vec<String> = Vec::new();
    for scope in ["profile", "email", "address", "phone"] {
        let row = document.lines().find_map(|line| line.strip_prefix(&format!("| `{scope}` | "))).unwrap();
        named.extend(row.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    let mut there: Vec<String> = latchkey::oidc::claims::supported().map(str::to_owned).collect();
    named.sort_unstable();
    there.sort_unstable();
    assert_eq!(named, there);
}
