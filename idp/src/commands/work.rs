//! What is left to do once the configuration is read.

use super::{backup, client, keys, resource, user};

/// A piece of work.
#[derive(Debug)]
pub enum Work {
    /// To serve until told to stop.
    Serve,
    /// To bring the schema up to date.
    Migrate,
    /// To go back to a copy of the database.
    Restore(backup::Restore),
    /// A command on the open database.
    Command(AppCommand),
}

/// A command on the open database, beside a server that may be running.
#[derive(Debug)]
pub enum AppCommand {
    /// To write a copy of the database.
    Backup(backup::Backup),
    /// Something about clients.
    Client(client::ClientCommand),
    /// Something about resources.
    Resource(resource::ResourceCommand),
    /// Something about people.
    User(user::UserCommand),
    /// Something about signing keys.
    Keys(keys::KeysCommand),
}
