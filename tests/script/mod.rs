//! Keys on the model: what a person does, step by step, and what comes of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "outside #[test] functions too, a test fails by it")]

mod audit;
mod authority;
pub(crate) mod bringing;
pub(crate) mod certificates;
pub(crate) mod ciphers;
pub(crate) mod console;
mod exchange;
pub(crate) mod explain;
mod export;
mod findings;
mod first_day;
pub(crate) mod fixture;
pub(crate) mod history;
mod people;
mod profiles;
mod queue;
#[cfg(feature = "network")]
pub(crate) mod scanning;
pub(crate) mod servers;
mod sites;
mod tasks;
#[cfg(feature = "network")]
mod visiting;
mod walk;
mod who;
mod witness;
mod work;
