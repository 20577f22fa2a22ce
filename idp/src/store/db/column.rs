//! Our own types as values of columns.

use sqlx::any::AnyTypeInfo;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Any, Database, Decode, Encode, Type};

use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::base::token::TokenHash;

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
                let from: fn($column) -> $type = $from;
                Ok(from(<$column as Decode<'r, Any>>::decode(value)?))
            }
        }
    };
}

stored_as!(Timestamp, i64, |time| time.micros(), Timestamp::from_micros);
stored_as!(Id, String, |id| id.as_str().to_owned(), Id::from);
stored_as!(TokenHash, String, |hash| hash.as_str().to_owned(), TokenHash::stored);
