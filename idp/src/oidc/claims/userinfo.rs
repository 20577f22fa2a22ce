//! Answers of the UserInfo endpoint: Core §5.3.

use serde_json::{Map, Value};

use crate::oidc::claims::{self, Person};
use crate::oidc::error::{Error, ErrorCode};
use crate::oidc::scope::{OPENID, ScopeSet};

/// The UserInfo answer for a token of this scope: Core §5.3.2. A scope without `openid` is an error.
pub fn response(person: &Person, scope: &ScopeSet) -> Result<Map<String, Value>, Error> {
    if !scope.contains(OPENID) {
        return Err(Error::new(ErrorCode::InsufficientScope, "UserInfo needs the scope openid."));
    }
    let mut response = Map::from_iter([("sub".to_owned(), person.sub.as_str().into())]);
    response.extend(claims::for_scope(person, scope));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_told_always_and_the_rest_by_scope() {
        let email = Some("a@example.com".to_owned());
        let person = Person { sub: "alice".to_owned(), email, ..Person::default() };
        let told = |scope: &str| response(&person, &ScopeSet::parse(scope).unwrap());
        assert_eq!(told("openid").unwrap().len(), 1);
        assert_eq!(told("openid email").unwrap()["sub"], "alice");
        assert_eq!(told("openid email").unwrap()["email"], "a@example.com");
        assert_eq!(told("email").unwrap_err().status(), 403);
    }
}
