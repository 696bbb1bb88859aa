//! Who answers: which document, which keyring and which certificate a client meets, and where each of them is used. Looks
//! at documents only: what is served in truth is for the probe to tell.

pub mod used;
