//! The layout of a workspace folder, its format mark, and reading it whole into a State.
