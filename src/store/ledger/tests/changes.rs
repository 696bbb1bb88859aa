//! What commits do to the tables.

use super::*;
