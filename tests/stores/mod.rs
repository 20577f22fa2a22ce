//! What the stores promise and no endpoint shows.

mod at_once;
mod clients;
mod database;
mod ephemeral;
mod jobs;
mod vault;
