//! Keys on the model: what a person does, step by step, and what comes of it.

pub(crate) mod console;
mod first_day;
pub(crate) mod fixture;
mod walk;
mod work;
