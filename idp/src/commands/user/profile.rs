//! The options that set a person's profile: OIDC Core §5.1.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::account::profile::Claim;
use crate::commands::output::Failure;

/// The claims of a profile.
#[derive(Args, Clone, Debug, Default)]
pub struct Profile {
    /// Full name
    #[arg(long)]
    name: Option<String>,
    /// Given name
    #[arg(long)]
    given_name: Option<String>,
    /// Family name
    #[arg(long)]
    family_name: Option<String>,
    /// Middle name
    #[arg(long)]
    middle_name: Option<String>,
    /// Nickname
    #[arg(long)]
    nickname: Option<String>,
    /// Profile page
    #[arg(long, value_name = "URL")]
    profile: Option<String>,
    /// Picture
    #[arg(long, value_name = "URL")]
    picture: Option<String>,
    /// Website
    #[arg(long, value_name = "URL")]
    website: Option<String>,
    /// Gender
    #[arg(long)]
    gender: Option<String>,
    /// Birthdate, as YYYY-MM-DD or YYYY
    #[arg(long, value_name = "DATE")]
    birthdate: Option<String>,
    /// Time zone, such as Europe/Zurich
    #[arg(long, value_name = "ZONE")]
    zoneinfo: Option<String>,
    /// Language, such as en or pt-BR
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Postal address as it is written on a letter
    #[arg(long, value_name = "TEXT")]
    address: Option<String>,
    /// Street and house number
    #[arg(long, value_name = "TEXT")]
    street_address: Option<String>,
    /// City
    #[arg(long, value_name = "TEXT")]
    locality: Option<String>,
    /// State, province or region
    #[arg(long, value_name = "TEXT")]
    region: Option<String>,
    /// Postal code
    #[arg(long, value_name = "TEXT")]
    postal_code: Option<String>,
    /// Country
    #[arg(long, value_name = "TEXT")]
    country: Option<String>,
}

/// The option of a claim: its name, but for the whole address, whose member says nothing alone.
fn option(claim: Claim) -> &'static str {
    match claim.as_str() {
        "given_name" => "given-name",
        "family_name" => "family-name",
        "middle_name" => "middle-name",
        "formatted" => "address",
        "street_address" => "street-address",
        "postal_code" => "postal-code",
        name => name,
    }
}

impl Profile {
    fn given(&self, claim: Claim) -> Option<&String> {
        match claim.as_str() {
            "name" => &self.name,
            "given_name" => &self.given_name,
            "family_name" => &self.family_name,
            "middle_name" => &self.middle_name,
            "nickname" => &self.nickname,
            "profile" => &self.profile,
            "picture" => &self.picture,
            "website" => &self.website,
            "gender" => &self.gender,
            "birthdate" => &self.birthdate,
            "zoneinfo" => &self.zoneinfo,
            "locale" => &self.locale,
            "formatted" => &self.address,
            "street_address" => &self.street_address,
            "locality" => &self.locality,
            "region" => &self.region,
            "postal_code" => &self.postal_code,
            _ => &self.country,
        }
        .as_ref()
    }

    /// The claims that were given, each checked.
    pub fn claims(&self) -> Result<Vec<(Claim, Option<String>)>, Failure> {
        let given: Vec<_> = Claim::all().filter_map(|claim| Some((claim, self.given(claim)?))).collect();
        let faults: Vec<_> = given
            .iter()
            .filter_map(|(claim, value)| Some(format!("--{}: {}", option(*claim), claim.check(value).err()?)))
            .collect();
        if !faults.is_empty() {
            return Err(Failure::Usage(faults.join("\n")));
        }
        Ok(given.into_iter().map(|(claim, value)| (claim, Some(value.clone()))).collect())
    }
}

/// Reads the claim of an option that is to be removed.
pub(super) fn unsettable() -> impl TypedValueParser<Value = Claim> {
    PossibleValuesParser::new(Claim::all().map(option))
        .try_map(|name| Claim::all().find(|claim| option(*claim) == name).ok_or("no such option"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        profile: Profile,
    }

    #[test]
    fn every_claim_of_the_profile_has_its_option() {
        let line = Line::command();
        for claim in Claim::all() {
            let option = option(claim);
            assert!(line.get_arguments().any(|arg| arg.get_long() == Some(option)), "{option}");
            let value = match claim.as_str() {
                "profile" | "picture" | "website" => "https://alice.example",
                "birthdate" => "1990-02-28",
                "zoneinfo" => "Europe/Zurich",
                "locale" => "en",
                _ => "Alice",
            };
            let parsed = Line::try_parse_from(["line", &format!("--{option}"), value]).unwrap();
            assert_eq!(parsed.profile.claims().unwrap(), [(claim, Some(value.to_owned()))]);
        }
    }

    #[test]
    fn what_a_claim_cannot_be_is_told_by_its_option() {
        let line = Line::try_parse_from(["line", "--website", "alice", "--address", ""]).unwrap();
        let Err(Failure::Usage(text)) = line.profile.claims() else { panic!("accepted") };
        assert_eq!(
            text,
            "--website: allowed: a URL that begins with https: or http:\n--address: allowed: 1 to 256 characters"
        );
    }
}
