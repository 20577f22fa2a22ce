//! `[terms]`: what people have to accept.

use super::reader::{if_set, rule, section};

section! {
    /// The terms that people accept when they create an account, and again when their version changes.
    pub struct Terms("terms") {
        /// The version of the terms at `pages.tos_uri`, such as their date. Whoever creates an account accepts them, and whoever signs
        /// in to an application and has not accepted this version is asked once.
        version: Option<String> = None,
            must(if_set(rule("text of at most 100 bytes", |text: &String| text.len() <= 100))),
            otherwise("nobody is asked");
    }
}
