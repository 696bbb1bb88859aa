//! The program: hands over to the command line or the full-screen console, and ends the process.

fn main() {}
