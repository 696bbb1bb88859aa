//! The CHECKS table: rules that look at the whole state and find what is wrong. Repairs nothing.
