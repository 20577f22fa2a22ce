//! Whole ways of a person and an application.

pub mod main_job;
mod replicas;
pub mod two_tabs;
mod watching;
