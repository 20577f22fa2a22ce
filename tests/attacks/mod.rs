//! What an attacker, a fault or a clumsy client sends, and the right answer: a test per case, named after it.

mod authorization_request;
mod backups;
mod clients;
mod connections;
mod copies;
mod faults;
mod guessing;
mod http;
mod injection;
mod jwt;
mod keys;
mod mail;
mod mailbox_owners;
mod operator;
mod overload;
mod passkeys;
mod passwords;
mod processes;
mod restores;
mod rows;
mod second_factor;
mod sessions;
mod shared_browsers;
mod tokens;
mod unread_answers;
mod upgrades;
