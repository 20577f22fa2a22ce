//! What the stores promise and no endpoint shows.

mod database;
mod jobs;
mod vault;
