//! Streams the lines of a file of any size that a person names, or of a stream, in bounded memory. Stores nothing.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::brought;
use crate::model::error::{Error, Kind, Result};

/// How much is read at once.
const PART: usize = 256 << 10;
/// So much of a line is given on; the rest of it is only counted.
const LONGEST: usize = 8 << 10;

/// Calls a function with each line of a file: without its end, with the length it takes, and whether it was cut. It stops
/// early when that returns `false`.
///
/// Errors: `NotFound`, `Refused` for a folder or a device, `Disk`.
pub fn of_file(path: &Path, each: &mut dyn FnMut(&[u8], u64, bool) -> bool) -> Result<()> {
    let name = brought::shown(path);
    let mut file = File::open(path).map_err(|e| brought::cannot(&name, &e))?;
    let kind = file.metadata().map_err(|e| brought::cannot(&name, &e))?.file_type();
    if kind.is_dir() {
        return Err(Error::refused(format!("{name} is a folder.")).next("Name a file in it."));
    }
    of_stream(&mut file, &name, each)
}

/// Calls a function with each line of a stream, as [`of_file`] does.
pub fn of_stream(
    stream: &mut dyn Read,
    name: &str,
    each: &mut dyn FnMut(&[u8], u64, bool) -> bool,
) -> Result<()> {
    let mut part = vec![0; PART];
    // A line that began in an earlier part, as much of it as is given on, and its whole length so far.
    let (mut begun, mut length) = (Vec::with_capacity(LONGEST), 0_u64);
    loop {
        let count = match stream.read(&mut part) {
            Ok(0) => break,
            Ok(count) => count,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => {
                return Err(Error::new(Kind::Disk, format!("{name} cannot be read.")).why(format!("{e}.")));
            }
        };
        let mut rest = part.get(..count).unwrap_or_default();
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            let whole = length + line.len() as u64 + 1;
            let go_on = if begun.is_empty() {
                give(line, whole, each)
            } else {
                keep(&mut begun, line);
                give(&begun, whole, each)
            };
            begun.clear();
            length = 0;
            if !go_on {
                return Ok(());
            }
        }
        length += rest.len() as u64;
        keep(&mut begun, rest);
    }
    if length > 0 {
        give(&begun, length, each);
    }
    Ok(())
}

/// Keeps one byte more than is given on, so that a cut line is known as one.
fn keep(begun: &mut Vec<u8>, more: &[u8]) {
    let room = (LONGEST + 1).saturating_sub(begun.len());
    begun.extend(more.iter().take(room));
}

fn give(line: &[u8], length: u64, each: &mut dyn FnMut(&[u8], u64, bool) -> bool) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    each(line.get(..LONGEST).unwrap_or(line), length, line.len() > LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes in small parts.
    struct Dripping<'a>(&'a [u8], usize);
    impl Read for Dripping<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(into.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn lines(bytes: &[u8], step: usize) -> Vec<(Vec<u8>, u64, bool)> {
        let mut out = Vec::new();
        of_stream(&mut Dripping(bytes, step), "x", &mut |line, length, cut| {
            out.push((line.to_vec(), length, cut));
            true
        })
        .unwrap();
        out
    }

    #[test]
    fn lines_are_whole_however_they_arrive_and_long_ones_are_cut() {
        let mut text = b"one\r\n\nthree\n".to_vec();
        text.extend(vec![b'x'; LONGEST * 3]);
        text.extend(b"\nlast");
        for step in [1, 7, 4096, usize::MAX] {
            let got = lines(&text, step);
            let short: Vec<_> = got.iter().map(|(line, length, cut)| (line.len(), *length, *cut)).collect();
            let long = (LONGEST as u64) * 3 + 1;
            assert_eq!(
                short,
                [(3, 5, false), (0, 1, false), (5, 6, false), (LONGEST, long, true), (4, 4, false)]
            );
            assert_eq!(got.iter().map(|l| l.1).sum::<u64>(), text.len() as u64);
        }
        assert_eq!(lines(b"", 1), []);
        let mut count = 0;
        let mut stop = |_: &[u8], _, _| {
            count += 1;
            count < 2
        };
        of_stream(&mut Dripping(b"a\nb\nc\n", 100), "x", &mut stop).unwrap();
        assert_eq!(count, 2);
    }
}
