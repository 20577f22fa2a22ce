//! The letters that tell of a linked or unlinked account, and undo that.

use std::time::Duration;

use crate::app::App;
use crate::base::id::Id;
use crate::base::token::{Token, TokenHash, TokenKind};
use crate::letters::kind::{Kind, Notice};
use crate::letters::notice::{notify, notify_sealed};
use crate::letters::written::{Sealed, Secrets};
use crate::login::factor_age::{RECENT, has_older};
use crate::login::identifier::normalise;
use crate::store::db::{Result, Tx};
use crate::store::people::upstream_account::Kept;
use crate::store::people::upstream_change::{self, UpstreamChange};
use crate::store::people::user;

/// For how long a letter undoes a change: as long as a factor is a recent one.
const UNDONE_WITHIN: Duration = RECENT;

/// A link and its letter, for each address that is told of a change. They are made before the change, since sealing takes time.
#[derive(Clone, Debug)]
pub(crate) struct WaysBack {
    notice: Notice,
    letters: Vec<(TokenHash, Sealed)>,
}

impl WaysBack {
    /// Those of a change of which a notice tells; `is_link` says which one.
    pub(crate) async fn new(app: &App, user: &Id, is_link: bool) -> Result<Self> {
        let (notice, kind) = match is_link {
            true => (Notice::UpstreamLinked, Kind::Notice(Notice::UpstreamLinkedLately)),
            false => (Notice::UpstreamUnlinked, Kind::Notice(Notice::UpstreamUnlinkedLately)),
        };
        let found = user::find_with_identifiers(&mut *app.db.read().await?, user).await?;
        let Some((found, own)) = found.filter(|_| app.mailer.is_on()) else {
            return Ok(Self { notice, letters: Vec::new() });
        };
        let site = app.site.get();
        let language = site.language_of(found.locale());
        let addresses = own.iter().filter(|it| it.is_email() && it.verified_at.is_some());
        let letters = addresses.map(|address| {
            let token = Token::new(TokenKind::OneTimeLink, &app.random);
            let secrets = Secrets { token: Some(token.expose().into()), ..Secrets::default() };
            let letter = Sealed::new(app, kind, &address.as_written, language.tag(), &secrets);
            (token.hash(), letter.working_for(UNDONE_WITHIN))
        });
        Ok(Self { notice, letters: letters.collect() })
    }

    /// Tells a user that an account elsewhere was linked or is about to be unlinked, within that change, by the letters that undo it. With a factor
    /// older than a week there is a notice alone: whoever made the change has proven that factor. The caller holds the user's row.
    pub(crate) async fn note(self, tx: &mut Tx<'_>, user: &Id, account: Kept) -> Result<()> {
        let (change_id, now) = (tx.id(), tx.now());
        if has_older(tx, user, now).await? {
            return notify(tx, user, self.notice).await;
        }
        for (link, letter) in &self.letters {
            let change = UpstreamChange {
                change_id: change_id.clone(),
                user_id: user.clone(),
                address: normalise(&letter.recipient),
                is_link: i64::from(self.notice == Notice::UpstreamLinked),
                account: account.clone(),
                changed_at: now,
            };
            upstream_change::insert(tx, link, &change, now + UNDONE_WITHIN).await?;
        }
        notify_sealed(tx, user, self.letters.into_iter().map(|(_, letter)| letter).collect()).await
    }
}
