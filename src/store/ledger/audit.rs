//! The audit chain: how an entry is hashed, and how the chain is verified.
