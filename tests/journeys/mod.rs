//! Whole ways of a person and an application.

mod main_job;
mod replicas;
mod two_tabs;
