//! Whole ways of a person and an application.

mod clients_by_command;
mod banning;
mod diagnosis;
mod health;
pub mod main_job;
mod people_by_command;
mod moving;
mod replicas;
pub mod two_tabs;
mod watching;
