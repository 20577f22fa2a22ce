//! Whole ways of a person and an application.

mod clients_by_command;
mod banning;
mod diagnosis;
mod events;
mod examined;
mod health;
pub mod main_job;
mod people_by_command;
mod moving;
mod maintenance;
mod replicas;
pub mod two_tabs;
mod watching;
