//! The command line: parses, runs verbs, prints. Holds no rules of its own.
