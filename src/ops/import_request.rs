//! The verb.
