//! Our own types as values of columns.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sqlx::any::AnyTypeInfo;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Any, Database, Decode, Encode, Type};

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::oidc::authorization::code_challenge::CodeChallenge;
use crate::oidc::client::metadata::ClientKind;
use crate::oidc::scope::ScopeSet;

/// A stored value that this release cannot read.
#[derive(Debug)]
pub(super) struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not what was stored")
    }
}

impl std::error::Error for Unreadable {}

/// The last argument converts the content of a column to a value; `None` if it cannot.
macro_rules! stored_as {
    ($type:ty, $column:ty, $into:expr, $from:expr) => {
        impl Type<Any> for $type {
            fn type_info() -> AnyTypeInfo {
                <$column as Type<Any>>::type_info()
            }
            fn compatible(info: &AnyTypeInfo) -> bool {
                <$column as Type<Any>>::compatible(info)
            }
        }
        impl<'q> Encode<'q, Any> for $type {
            fn encode_by_ref(
                &self,
                buffer: &mut <Any as Database>::ArgumentBuffer,
            ) -> std::result::Result<IsNull, BoxDynError> {
                let into: fn(&$type) -> $column = $into;
                <$column as Encode<'q, Any>>::encode(into(self), buffer)
            }
        }
        impl<'r> Decode<'r, Any> for $type {
            fn decode(value: <Any as Database>::ValueRef<'r>) -> std::result::Result<Self, BoxDynError> {
                let from: fn($column) -> Option<$type> = $from;
                from(<$column as Decode<'r, Any>>::decode(value)?).ok_or_else(|| Unreadable.into())
            }
        }
    };
}

stored_as!(Timestamp, i64, |time| time.micros(), |micros| Some(Timestamp::from_micros(micros)));
stored_as!(Id, String, |id| id.as_str().to_owned(), |text| Some(Id::from(text)));
stored_as!(TokenHash, String, |hash| hash.as_str().to_owned(), |text| Some(TokenHash::stored(text)));
stored_as!(CodeChallenge, String, |it| it.as_str().to_owned(), |text| Some(CodeChallenge::stored(text)));
stored_as!(ScopeSet, String, |scopes| scopes.to_string(), |text| ScopeSet::try_from(text).ok());
stored_as!(ClientKind, String, |kind| kind.as_str().to_owned(), |text| ClientKind::from_name(&text));

/// A value that its column holds as JSON.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T> Type<Any> for Json<T> {
    fn type_info() -> AnyTypeInfo {
        <String as Type<Any>>::type_info()
    }
    fn compatible(info: &AnyTypeInfo) -> bool {
        <String as Type<Any>>::compatible(info)
    }
}

impl<'q, T: Serialize> Encode<'q, Any> for Json<T> {
    fn encode_by_ref(
        &self,
        buffer: &mut <Any as Database>::ArgumentBuffer,
    ) -> std::result::Result<IsNull, BoxDynError> {
        <String as Encode<'q, Any>>::encode(serde_json::to_string(&self.0)?, buffer)
    }
}

impl<'r, T: DeserializeOwned> Decode<'r, Any> for Json<T> {
    fn decode(value: <Any as Database>::ValueRef<'r>) -> std::result::Result<Self, BoxDynError> {
        let text = <String as Decode<'r, Any>>::decode(value)?;
        // The error of serde is dropped, because it quotes the value.
        serde_json::from_str(&text).map(Self).map_err(|_| Unreadable.into())
    }
}

impl<T> From<Json<Vec<T>>> for Vec<T> {
    fn from(Json(list): Json<Vec<T>>) -> Self {
        list
    }
}

impl From<Json<Map<String, Value>>> for Map<String, Value> {
    fn from(Json(object): Json<Map<String, Value>>) -> Self {
        object
    }
}

impl From<Json<Value>> for Value {
    fn from(Json(value): Json<Value>) -> Self {
        value
    }
}
