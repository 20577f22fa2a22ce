//! Rules by network: from where a client may be used, and the accounts of a role.
//!
//! Rules of a role are judged wherever a session is used, and where a factor is added on the way, but not where a session begins: a
//! session alone opens nothing, and an answer at the sign-in would tell a stranger who has which role.

use std::net::IpAddr;

use crate::app::App;
use crate::base::id::Id;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::{Error, ErrorCode};
use crate::oidc::steps::Step;
use crate::store::db::Result;
use crate::store::origin::Origin;
use crate::store::people::role;

/// Whether a user may use the account at this address; `None` is one that is not known for certain.
pub async fn admit(app: &App, user: &Id, address: Option<IpAddr>) -> Result<bool> {
    let rules = &app.config.role_networks;
    if rules.is_empty() {
        return Ok(true);
    }
    let roles = role::of_user(&mut *app.db.read().await?, user).await?;
    let mut own = rules.iter().filter(|networks| roles.contains(&networks.role));
    let broken = own.find_map(|networks| Some((&networks.role, networks.rule().why_not(address)?)));
    let Some((role, why)) = broken else { return Ok(true) };
    Origin::note(Step::failed("role_networks", format!("The person has the role {role}, which has a rule. {why}")));
    Ok(false)
}

/// Refuses tokens at an address from which the person may not use the account. Only public clients are judged: a confidential client
/// calls from the address of its server, which says nothing about the person.
pub async fn admit_person_of(
    app: &App,
    client: &Client,
    user: &Id,
    address: Option<IpAddr>,
) -> Result<std::result::Result<(), Error>> {
    if client.is_public() && !admit(app, user, address).await? {
        return Ok(Err(Rule::OfRole.refusal(address)));
    }
    Ok(Ok(()))
}

/// Whether a client may be used from this address; `None` is one that is not known for certain.
pub fn admits(client: &Client, address: Option<IpAddr>) -> bool {
    let Some(why) = client.networks().why_not(address) else { return true };
    Origin::note(Step::failed("address", format!("The client has a rule (allowed_networks, denied_networks). {why}")));
    false
}

/// Whose rule does not admit a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The client's.
    OfClient,
    /// That of a role of the person.
    OfRole,
}

impl Rule {
    /// The error for the client. It is `access_denied` at the token endpoint, too, and not `invalid_grant`, after which a client would
    /// throw its refresh token away: from another network the same request is good.
    pub fn refusal(self, address: Option<IpAddr>) -> Error {
        let why = match self {
            Self::OfClient => "Requests for this client are not accepted from this network.",
            Self::OfRole => "The account of this person may not be used from this network.",
        };
        Error::new(ErrorCode::AccessDenied, why).because(self.difference(address))
    }

    /// What came and what was expected, for the log.
    pub fn difference(self, address: Option<IpAddr>) -> Difference {
        let came = address.map(|address| address.to_canonical().to_string());
        let expected = match self {
            Self::OfClient => "one that allowed_networks and denied_networks of the client admit",
            Self::OfRole => "one that role_networks admits for the roles of the person",
        };
        Difference::new("address", came.as_deref().unwrap_or("one that the proxy did not tell"), expected)
    }
}
