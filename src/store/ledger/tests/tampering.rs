//! What verifying notices.
