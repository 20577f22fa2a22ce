//! Whole ways of a person and an application.

mod audit;
mod banning;
mod bots;
mod clients_by_command;
mod code_pages;
mod diagnosis;
mod events;
mod examined;
mod health;
mod languages;
mod letters;
mod mail;
pub mod main_job;
mod maintenance;
mod moving;
mod passkey_offer;
mod people_by_command;
mod products;
mod replicas;
mod signing_up;
mod terms;
pub mod two_tabs;
pub mod username_alone;
mod watching;
