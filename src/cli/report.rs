//! How a refusal or failure is printed: what happened, why, and what to do next.

use std::io::Write;

use crate::model::error::Error;
use crate::model::escape::visible;

/// Prints an error in at most three parts; a broken stream is not an error of its own.
pub fn write(err: &mut dyn Write, error: &Error) {
    let parts = [("error", &error.what), ("  why", &error.why), (" next", &error.next)];
    for (label, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()) {
        // There is nobody left to tell when this cannot be written.
        let _ = writeln!(err, "{label}: {}", visible(text));
    }
    let _ = err.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_printed_in_parts_and_empty_parts_are_left_out() {
        let mut out = Vec::new();
        write(&mut out, &Error::refused("It \u{1b}was not done.").next("Do it."));
        assert_eq!(String::from_utf8(out).unwrap(), "error: It \\1Bwas not done.\n next: Do it.\n");
    }
}
