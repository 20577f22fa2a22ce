//! Sessions: each is the time for which one person is signed in in one browser.

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::oidc::claims::acr::{Acr, Method};

/// A user who is signed in in a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The row.
    pub id: Id,
    /// The claim `sid`: Back-Channel Logout §2.1.
    pub sid: String,
    /// The browser.
    pub browser_id: Id,
    /// The user.
    pub user_id: Id,
    /// The user's subject.
    pub sub: String,
    /// The user's generation when it began.
    pub generation: i64,
    /// When the user last authenticated.
    pub auth_time: Timestamp,
    /// By which methods: RFC 8176.
    pub amr: Vec<String>,
    /// How strongly: the authentication context class.
    pub acr: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_active_at: Timestamp,
    /// When it ends, even if it is in use.
    pub expires_at: Timestamp,
    /// When the user asked to be kept signed in.
    pub kept_at: Option<Timestamp>,
    /// Since when nobody but applications has used it, if it is an administrator's and that is too long.
    pub unattended_since: Option<Timestamp>,
}

impl Session {
    /// Whether its person has to sign in again before it opens a page or gives a code: what applications do in the background (they refresh)
    /// keeps it for them, and shows no administrator at the keyboard.
    pub const fn is_unattended(&self) -> bool {
        self.unattended_since.is_some()
    }

    /// Whether nobody has proven anything for it: it began with an anonymous account, which may be somebody's by now.
    pub fn is_of_visitor(&self) -> bool {
        self.acr == Acr::Anonymous.as_str()
    }

    /// The methods that it was proven by, and one that was added now.
    pub fn methods_and(&self, added: Method) -> Vec<Method> {
        Method::of_names(&self.amr).into_iter().chain([added]).collect()
    }
}
