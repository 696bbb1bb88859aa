//! Computes over many things on all cores, in their order. Knows nothing of what is computed.

use crate::model::error::{Error, Result};

/// Below this many things a second thread costs more than it saves.
const FEW: usize = 16;

/// The most threads at once.
const THREADS: usize = 8;

/// Calls `each` with every thing and returns the results in the order of the things, or the error of the first that fails.
pub fn map<T: Sync, R: Send>(things: &[T], each: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let threads = match things.len() {
        0..FEW => 1,
        _ => std::thread::available_parallelism().map_or(1, usize::from).min(THREADS),
    };
    let all = |part: &[T]| part.iter().map(&each).collect::<Result<Vec<R>>>();
    let (first, rest) = things.split_at(things.len().div_ceil(threads));
    if rest.is_empty() {
        return all(first);
    }
    std::thread::scope(|scope| {
        let all = &all;
        let parts = rest
            .chunks(first.len())
            .map(|part| (part, std::thread::Builder::new().spawn_scoped(scope, move || all(part)).ok()));
        let parts: Vec<_> = parts.collect();
        let mut results = all(first)?;
        for (part, thread) in parts {
            // Where no thread could be had, the part is computed here.
            let joined = thread.map_or_else(|| Ok(all(part)), std::thread::ScopedJoinHandle::join);
            results.extend(joined.map_err(|_| Error::internal("The work stopped half-way."))??);
        }
        Ok(results)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_order_and_the_first_error_wins() {
        for count in [0, 1, 15, 16, 17, 100, 1001] {
            let things: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = things.iter().map(|n| n * 2).collect();
            assert_eq!(map(&things, |n| Ok(n * 2)).unwrap(), doubled);
            let odd = |n: &usize| match n % 2 {
                0 => Ok(*n),
                _ => Err(Error::usage(format!("{n} is odd"))),
            };
            match count {
                0 | 1 => assert!(map(&things, odd).is_ok()),
                _ => assert_eq!(map(&things, odd).unwrap_err().what, "1 is odd"),
            }
        }
    }
}
