//! New recovery codes, as the pages show them once.

use super::Layout;
use crate::app::App;
use crate::base::encoding::base64;
use crate::login::recovery_code::RecoveryCode;
use crate::site::page::Page;

/// New recovery codes, with what their owner has to know when they are needed: a print or a file is found years later.
#[derive(Clone, Debug)]
pub struct CodesView {
    /// What the account is called.
    pub account: String,
    /// Where a code is typed.
    pub address: String,
    /// The codes.
    pub codes: Vec<String>,
    /// The address of a file with all of it, which needs no request and so no second place where the codes could be read.
    pub file: String,
}

impl CodesView {
    /// The codes of an account, which are typed on this page of the provider.
    pub fn new(app: &App, layout: &Layout<'_>, account: &str, codes: &[RecoveryCode], typed_at: Page) -> Self {
        let codes = codes.iter().map(RecoveryCode::written).collect();
        Self::of(layout, account.to_owned(), codes, app.url(typed_at), &app.now().to_string())
    }

    /// The same with an address in place of a page.
    pub fn of(layout: &Layout<'_>, account: String, codes: Vec<String>, address: String, now: &str) -> Self {
        let title = layout.t_args("recovery-codes-file", &[("operator", layout.site.operator_name.as_str())]);
        let (date, list) = (now.split('T').next().unwrap_or_default(), codes.join("\r\n"));
        let text = format!("{title}\r\n{account}\r\n{address}\r\n{date}\r\n\r\n{list}\r\n");
        let file = format!("data:text/plain;charset=utf-8;base64,{}", base64(text.as_bytes()));
        Self { account, address, codes, file }
    }
}

/// The page where the codes of an account are typed.
pub fn typed_at(sets_password: bool) -> Page {
    if sets_password { Page::RecoveryCode } else { Page::SignIn }
}
