//! What the stores promise and no endpoint shows.

mod database;
mod ephemeral;
mod jobs;
mod vault;
