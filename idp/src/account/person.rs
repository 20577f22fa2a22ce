//! What relying parties learn about a person.

use crate::app::App;
use crate::base::id::Id;
use crate::login::identifier;
use crate::oidc::claims::Person;
use crate::store;
use crate::store::grants::grant::Grant;
use crate::store::people::user::{self, Identifier, IdentifierKind, User};

/// A user as relying parties may see them, limited by the scope.
pub async fn find(app: &App, id: &Id) -> store::db::Result<Option<Person>> {
    let found = user::find_with_identifiers(&mut *app.db.read().await?, id).await?;
    Ok(found.map(|(user, identifiers)| person_of(user, &identifiers)))
}

/// What a grant tells of a person. A visitor's tells nothing of whoever has signed up since: they were never asked.
pub fn told_by(grant: &Grant, person: Person) -> Person {
    let has_signed_up =
        [&person.email, &person.phone_number, &person.preferred_username].iter().any(|name| name.is_some());
    if grant.is_of_visitor() && has_signed_up {
        return Person { sub: person.sub, ..Person::default() };
    }
    person
}

/// A loaded user as relying parties may see them.
pub fn person_of(user: User, identifiers: &[Identifier]) -> Person {
    let of_kind = |kind: IdentifierKind| {
        identifier::main(identifiers, &kind).map(|it| (it.as_written.clone(), it.verified_at.is_some()))
    };
    let (email, phone) = (of_kind(IdentifierKind::Email), of_kind(IdentifierKind::Phone));
    Person {
        sub: user.sub,
        profile: user.profile,
        email_verified: email.as_ref().is_some_and(|(_, verified)| *verified),
        email: email.map(|(text, _)| text),
        phone_number_verified: phone.as_ref().is_some_and(|(_, verified)| *verified),
        phone_number: phone.map(|(text, _)| text),
        preferred_username: of_kind(IdentifierKind::Username).map(|(text, _)| text),
        updated_at: Some(user.updated_at),
    }
}
