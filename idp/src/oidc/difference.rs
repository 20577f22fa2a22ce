//! What came and what was expected, for the operator's log. It is never part of an answer, since an answer must not
//! reveal a client's registration.

use std::cmp::Reverse;

/// How many characters of what somebody sent are shown.
const MAX_SHOWN: usize = 200;

/// From this length on a run of the letters of base64url may be a token, a secret or a hash.
const MAX_RUN: usize = 40;

/// Why a request was refused, in two values. Both are safe to log: short, on one line, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The parameter, header or setting that it is about.
    pub of: &'static str,
    /// What came.
    pub came: String,
    /// What was expected.
    pub expected: String,
    /// Where exactly the two differ, in a sentence, for the explanation of the refusal.
    pub place: Option<String>,
}

impl Difference {
    /// The difference in this parameter. Never pass a secret, not even a wrong one.
    pub fn new(of: &'static str, came: impl AsRef<str>, expected: impl AsRef<str>) -> Self {
        Self { of, came: shown(came.as_ref()), expected: shown(expected.as_ref()), place: None }
    }

    /// A required parameter that is missing.
    pub fn missing(of: &'static str, expected: impl AsRef<str>) -> Self {
        Self::new(of, "nothing", expected)
    }

    /// A value that is not among the accepted ones.
    pub fn one_of<'a>(of: &'static str, came: impl AsRef<str>, taken: impl IntoIterator<Item = &'a str>) -> Self {
        let taken: Vec<_> = taken.into_iter().collect();
        let expected = match &taken[..] {
            [] => "nothing: the client may have none".to_owned(),
            [one] => (*one).to_owned(),
            several => format!("one of {}", several.join(", ")),
        };
        Self::new(of, came, expected)
    }

    /// The difference to the nearest of these URIs; the values of queries are not shown.
    pub fn of_uri(of: &'static str, came: &str, registered: &[String]) -> Self {
        let alike = |uri: &String| uri.bytes().zip(came.bytes()).take_while(|(a, b)| a == b).count();
        let as_long = |uri: &String| Reverse(uri.len().abs_diff(came.len()));
        let Some(nearest) = registered.iter().max_by_key(|uri| (alike(uri), as_long(uri))) else {
            return Self::new(of, uri(came), "nothing: none is registered");
        };
        let (masked, mut expected) = (uri(came), uri(nearest));
        let place = place(&masked, &expected).or_else(|| Some(place_in_query(came, nearest)));
        if masked == expected {
            expected.push_str(" with other values");
        }
        if registered.len() > 1 {
            expected.push_str(&format!(" (the nearest of {})", registered.len()));
        }
        Self { place, ..Self::new(of, masked, expected) }
    }

    /// The same with a sentence on where exactly the two differ. Never pass what may be secret.
    #[must_use]
    pub fn at(self, place: impl Into<String>) -> Self {
        Self { place: Some(place.into()), ..self }
    }
}

/// How many characters before and behind the place are shown.
const AROUND: usize = 12;

/// At which character two texts differ, with what is around that place; `None` if they are the same.
fn place(came: &str, expected: &str) -> Option<String> {
    let (came, expected): (Vec<char>, Vec<char>) = (came.chars().collect(), expected.chars().collect());
    let at = (0..came.len().max(expected.len())).find(|at| came.get(*at) != expected.get(*at))?;
    // Masked as a whole, and then cut: a part of a secret does not look like one.
    let around = |text: &[char]| {
        let (from, to) = (at.saturating_sub(AROUND), (at + AROUND).min(text.len()));
        let part = joined(masked(text).get(from..to).unwrap_or_default());
        let (before, behind) = (if from > 0 { "…" } else { "" }, if to < text.len() { "…" } else { "" });
        format!("{before}{part}{behind}").replace("……", "…")
    };
    let named = |text: &[char]| match (text.get(at), masked(text).get(at)) {
        (Some(_), Some(None)) => "a character that is not shown".to_owned(),
        (Some(c), _) if c.is_ascii_graphic() => format!("\"{c}\""),
        (Some(c), _) => format!("the character U+{:04X}", u32::from(*c)),
        (None, _) => "nothing more".to_owned(),
    };
    let texts = format!("\"{}\" came, \"{}\" was expected", around(&came), around(&expected));
    let letters = |text: &[char]| text.iter().collect::<String>().to_lowercase();
    let capitals = if letters(&came) == letters(&expected) { " Only capital and small letters differ." } else { "" };
    let (one, other) = (named(&came), named(&expected));
    Some(format!("They differ at character {}: {one} instead of {other} ({texts}).{capitals}", at + 1))
}

/// Which parameter differs in the queries of two URIs that are the same without the values.
fn place_in_query(came: &str, expected: &str) -> String {
    let pairs = |uri: &str| -> Vec<String> {
        let query = uri.split_once('?').map_or("", |(_, query)| query);
        query.split('#').next().unwrap_or_default().split('&').map(str::to_owned).collect()
    };
    let differing = pairs(came).into_iter().zip(pairs(expected)).find(|(one, other)| one != other);
    match differing.as_ref().and_then(|(pair, _)| pair.split_once('=')) {
        Some((name, _)) => format!("The value of the parameter {} of its query differs.", shown(name)),
        None => "They differ in what is not shown here: the user, or what follows a #.".to_owned(),
    }
}

/// A URI without user, values of its query, and fragment.
pub fn uri(text: &str) -> String {
    let (text, fragment) = text.split_once('#').map_or((text, ""), |(text, _)| (text, "#…"));
    let (text, query) = text.split_once('?').map_or((text, None), |(text, query)| (text, Some(query)));
    let query = query.map(|query| {
        let names = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) => format!("{name}=…"),
            None => pair.to_owned(),
        });
        format!("?{}", names.collect::<Vec<_>>().join("&"))
    });
    let text = match text.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            match authority.rsplit_once('@') {
                Some((_, host)) => format!("{scheme}://…@{host}{path}"),
                None => text.to_owned(),
            }
        }
        None => text.to_owned(),
    };
    format!("{text}{}{fragment}", query.unwrap_or_default())
}

/// Received text made safe to log: cut short, without characters that move the cursor or change the direction of a
/// line, and without anything that looks like a token, a secret or a mail address.
pub fn shown(text: &str) -> String {
    let text: Vec<char> = text.chars().collect();
    // Masked as a whole, and then cut.
    let masked = masked(&text);
    let mut shown = joined(masked.get(..MAX_SHOWN).unwrap_or(&masked));
    if masked.len() > MAX_SHOWN && !shown.ends_with('…') {
        shown.push('…');
    }
    shown
}

/// What is shown of each character; `None` stands for one that may be a part of a secret or of a mail address.
fn masked(text: &[char]) -> Vec<Option<char>> {
    let is_of_run = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut masked = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.first() {
        let (run, behind) = rest.split_at(rest.iter().take_while(|c| is_of_run(c)).count());
        if run.is_empty() {
            masked.push(Some(if is_plain(*c) { *c } else { '\u{fffd}' }));
            rest = rest.get(1..).unwrap_or_default();
        } else {
            let is_hidden = is_secret(run);
            masked.extend(run.iter().map(|c| (!is_hidden).then_some(*c)));
            rest = behind;
        }
    }
    hide_local_parts(text, &mut masked);
    masked
}

/// Hides what stands before an at sign. It may have letters of any script and signs of many kinds (RFC 5321 §4.1.2, RFC 6531): it goes back
/// to what separates the parts of a URI or of a list.
fn hide_local_parts(text: &[char], masked: &mut [Option<char>]) {
    let mut is_local_part = false;
    for (at, (c, shown)) in text.iter().zip(masked).enumerate().rev() {
        is_local_part &= !matches!(c, '/' | '?' | '&' | '=' | ':' | '#') && !c.is_whitespace();
        if is_local_part {
            *shown = None;
        }
        is_local_part |= is_at_sign(text.get(at..).unwrap_or_default());
    }
}

/// Whether a text begins with an at sign, as it is or percent-encoded, once or more often: RFC 3986 §2.1.
fn is_at_sign(text: &[char]) -> bool {
    match text.split_first() {
        Some(('@' | '\u{ff20}', _)) => true,
        Some(('%', mut rest)) => {
            while let Some(inner) = rest.strip_prefix(&['2', '5']) {
                rest = inner;
            }
            rest.starts_with(&['4', '0'])
        }
        _ => false,
    }
}

/// Whether letters of base64url and dots may be a token, a secret or a hash.
fn is_secret(run: &[char]) -> bool {
    run.split(|c| *c == '.').any(|part| {
        let begins_with = |text: &str| {
            text.chars().zip(part.iter().copied()).filter(|(one, other)| one == other).count() == text.len()
        };
        part.len() >= MAX_RUN || begins_with("lk_") || begins_with("eyJ")
    })
}

/// A masked text, with one sign for all characters in a row that are not shown.
fn joined(masked: &[Option<char>]) -> String {
    let mut text = String::new();
    for c in masked {
        match c {
            Some(c) => text.push(*c),
            None if text.ends_with('…') => {}
            None => text.push('…'),
        }
    }
    text
}

/// Letters, signs and the space; no character that is invisible or changes the order of the text around it.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !c.is_whitespace()
        && !matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || c == ' '
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_uri_is_shown_without_what_may_be_secret_in_it() {
        for (came, seen) in [
            ("https://rp.example/cb", "https://rp.example/cb"),
            ("https://rp.example/cb?a=1&b=secret&c", "https://rp.example/cb?a=…&b=…&c"),
            ("https://rp.example/cb#token", "https://rp.example/cb#…"),
            ("https://me:pass@rp.example:8443/cb", "https://…@rp.example:8443/cb"),
            ("com.example.app:/cb", "com.example.app:/cb"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(uri(came), seen);
        }
    }

    #[test]
    fn the_nearest_registered_uri_is_the_one_that_was_meant() {
        let registered = ["https://rp.example/other".to_owned(), "https://rp.example/callback".to_owned()];
        let difference = Difference::of_uri("redirect_uri", "https://rp.example/callback/", &registered);
        assert_eq!(difference.came, "https://rp.example/callback/");
        assert_eq!(difference.expected, "https://rp.example/callback (the nearest of 2)");
        let registered = ["https://rp.example/cb".to_owned(), "https://rp.example/cb?tenant=1".to_owned()];
        let difference = Difference::of_uri("redirect_uri", "https://rp.example/cb/", &registered);
        assert_eq!(difference.expected, "https://rp.example/cb (the nearest of 2)");
        let registered = ["https://rp.example/cb?tenant=1".to_owned()];
        let difference = Difference::of_uri("redirect_uri", "https://rp.example/cb?tenant=2", &registered);
        assert_eq!(difference.expected, "https://rp.example/cb?tenant=… with other values");
        assert!(Difference::of_uri("redirect_uri", "x", &[]).expected.contains("none is registered"));
    }

    #[test]
    fn the_place_where_two_uris_differ_is_told() {
        for (came, registered, place) in [
            ("https://rp.example/cb/", "https://rp.example/cb", "at character 22: \"/\" instead of nothing more"),
            ("https://rp.example/c", "https://rp.example/cb", "at character 21: nothing more instead of \"b\""),
            ("http://rp.example/cb", "https://rp.example/cb", "at character 5: \":\" instead of \"s\""),
            ("https://rp.example/\u{441}b", "https://rp.example/cb", "the character U+0441 instead of \"c\""),
            ("https://rp.example/CB", "https://rp.example/cb", "Only capital and small letters differ."),
            ("https://rp.example/cb?t=2", "https://rp.example/cb?t=1", "The value of the parameter t of its query"),
            ("https://rp.example/cb#a", "https://rp.example/cb#b", "not shown here"),
        ] {
            let told = Difference::of_uri("redirect_uri", came, &[registered.to_owned()]).place.unwrap();
            assert!(told.contains(place), "{came}: {told}");
        }
        let told = place("https://rp.example/callback/back", "https://rp.example/callback/beck").unwrap();
        assert!(told.contains("\"…e/callback/back\" came, \"…e/callback/beck\" was expected"), "{told}");
    }

    #[test]
    fn r2_the_place_shows_no_part_of_what_is_masked_as_a_whole() {
        let token = "Zx81kQpL0vTn-3mWq_8Rj5yBc2Hd7Ls9Ka4Gf6Pe1Xw0";
        for (path, secrets) in [("alice.liddell@example.com", ["alice", "liddel"]), (token, ["Zx81", "kQpL0vTn"])] {
            let came = format!("https://rp.example/u/{path}");
            for registered in ["https://rp.example/u/", "https://rp.example/u/another"] {
                let told = Difference::of_uri("redirect_uri", &came, &[registered.to_owned()]).place.unwrap();
                assert!(told.contains("a character that is not shown instead of"), "{told}");
                assert!(secrets.iter().all(|secret| !told.contains(secret)), "{told} of {came}, {registered}");
            }
        }
        // Addresses as they stand in a URI, and with what else they may have.
        for local in [
            "alice.liddell%40",
            "alice.liddell%2540",
            "alice.liddell%252540",
            "alice+liddell@",
            "alice'liddell@",
            "alice%2Bliddell%40",
            "алиса.liddell@",
            "\u{202e}alice!liddell\u{ff20}",
        ] {
            let came = format!("https://rp.example/u/{local}example.com");
            let difference = Difference::of_uri("redirect_uri", &came, &["https://rp.example/u/alice".to_owned()]);
            for told in [&difference.came, &difference.place.unwrap()] {
                assert!(
                    !["alice.l", "alice+", "liddell", "алиса"].iter().any(|part| told.contains(part)),
                    "{told} of {came}"
                );
            }
            assert!(difference.came.starts_with("https://rp.example/u/…"), "{}", difference.came);
        }
        assert_eq!(shown("to=alice+tag@example.com cc=bob%40example.com"), "to=…@example.com cc=…%40example.com");
        // A token that the cut goes through.
        assert_eq!(shown(&format!("{} {token}", "ab ".repeat(63))), format!("{} …", "ab ".repeat(63)));
    }

    #[test]
    fn r2_what_was_sent_is_shown_on_one_line_and_without_secrets() {
        for (came, seen) in [
            ("a\nb\r\u{1b}[31mc", "a\u{fffd}b\u{fffd}\u{fffd}[31mc"),
            ("a\u{202e}b\u{2028}c", "a\u{fffd}b\u{fffd}c"),
            ("lk_cs_abc_def", "…"),
            ("Bearer eyJhbGciOi.J9.x", "Bearer …"),
            ("alice@example.com", "…@example.com"),
            ("openid profile", "openid profile"),
        ] {
            assert_eq!(shown(came), seen, "{came:?}");
        }
        assert_eq!(shown(&"ab ".repeat(1000)).chars().count(), MAX_SHOWN + 1);
        assert_eq!(shown(&"k".repeat(43)), "…");
    }

    proptest! {
        #[test]
        fn nothing_that_is_shown_breaks_a_line(text in any::<String>()) {
            let difference = Difference::of_uri("redirect_uri", &text, std::slice::from_ref(&text));
            let place = place(&text, "").unwrap_or_default();
            prop_assert!(place.chars().all(|c| !c.is_control()));
            for part in [&difference.came, &difference.expected, &shown(&text)] {
                prop_assert!(part.chars().all(|c| !c.is_control()) && part.chars().count() <= MAX_SHOWN + 1);
            }
        }
    }
}
