//! What the stores promise and no endpoint shows.

mod at_once;
mod database;
mod ephemeral;
mod jobs;
mod vault;
