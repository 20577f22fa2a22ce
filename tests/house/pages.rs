//! A page is in the table of pages, and the router has it from there.

use latchkey::site::page::Page;

use super::root;

/// The names that a source imports from the pages.
fn imported(code: &str) -> Vec<&str> {
    let uses = code.split("use crate::pages::").skip(1).filter_map(|rest| rest.split(';').next());
    let words = uses.flat_map(|names| names.split(|c: char| !c.is_ascii_lowercase() && c != '_'));
    words.filter(|word| !word.is_empty() && *word != "as").collect()
}

/// The source without the function that routes the pages of the table.
fn without_handlers(code: &str) -> String {
    let (before, rest) = code.split_once("\nfn handlers(page: Page)").unwrap();
    format!("{before}{}", rest.split_once("\n}\n").unwrap().1)
}

/// What routes a page past the table: a handler of a page, or the path of one.
fn past_the_table(code: &str) -> Vec<String> {
    let rest = without_handlers(code);
    let calls = |name: &str| {
        let called = |(at, _): (usize, &str)| !rest[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c));
        rest.match_indices(&format!("{name}::")).any(called)
    };
    let handlers = imported(code).into_iter().filter(|name| calls(name)).map(str::to_owned);
    let paths = Page::ALL.iter().map(|page| page.path()).filter(|path| rest.contains(&format!(".route(\"{path}\"")));
    // By a path or another name, too: what is imported is imported by its own name.
    let elsewhere =
        rest.lines().filter(|line| line.contains("crate::pages") && !line.starts_with("use crate::pages::"));
    handlers.chain(paths.map(str::to_owned)).chain(elsewhere.map(str::to_owned)).collect()
}

#[test]
fn every_page_that_is_routed_is_in_the_table() {
    let router = std::fs::read_to_string(root().join("idp/src/server/router.rs")).unwrap();
    assert!(imported(&router).contains(&"set_password"), "{:?}", imported(&router));
    assert_eq!(past_the_table(&router), [""; 0], "give it a row in idp/src/site/page.rs, and an arm in `handlers`");
}

#[test]
fn a_page_past_the_table_is_found() {
    let code = "use crate::pages::{home, device};\nroute(DEVICE, get(device::get)).route(\"/consent\", get(x::device::y))\n\
                fn handlers(page: Page) -> R {\n    home::get\n}\n";
    assert_eq!(past_the_table(code), ["device", "/consent"]);
    let code = "use crate::pages as screens;\nroute(DEVICE, get(crate::pages::device::get))\nfn handlers(page: Page) -> R {\n}\n";
    assert_eq!(past_the_table(code).len(), 2);
}
