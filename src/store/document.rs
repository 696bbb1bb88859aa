//! Site documents and profiles as RON files.
