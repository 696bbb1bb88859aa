//! Finishes what a crash left.
