//! Ring 2: the only SQL. A file is a table; a function is a statement; a single use is one guarded statement.

pub mod clients;
pub mod condition;
pub mod counts;
pub mod db;
pub mod ephemeral;
pub mod grants;
pub mod installation;
pub mod letters;
pub mod origin;
pub mod people;
