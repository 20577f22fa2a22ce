//! What is left to do once the configuration is read.

use super::line::Health;
use super::{backup, client, keys, resource, user};

/// A piece of work.
#[derive(Debug)]
pub enum Work {
    /// To serve until told to stop.
    Serve,
    /// To ask the server whether it is ready.
    Health(Health),
    /// To bring the schema up to date.
    Migrate,
    /// To write a copy of the database.
    Backup(backup::Backup),
    /// To go back to one.
    Restore(backup::Restore),
    /// Something about clients.
    Client(client::ClientCommand),
    /// Something about resources.
    Resource(resource::ResourceCommand),
    /// Something about people.
    User(user::UserCommand),
    /// Something about signing keys.
    Keys(keys::KeysCommand),
}
