//! Files that are replaced whole or not at all, with private modes, and the lock between consoles.
