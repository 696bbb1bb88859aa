//! Checks a signature of any algorithm that can be met, and says plainly when it cannot.

/// The outcome of checking a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is good.
    Good,
    /// It is good, by means too weak to trust; says which.
    Weak(String),
    /// It does not fit.
    Bad,
    /// The algorithm is not known here; says which.
    CannotCheck(String),
}

/// Checks `signature` over `message` by the key in `spki` (a SubjectPublicKeyInfo) with `algorithm` (an
/// AlgorithmIdentifier), all DER.
pub fn check(_spki: &[u8], _algorithm: &[u8], _signature: &[u8], _message: &[u8]) -> Verdict {
    todo!()
}
