//! Who answers: which document, which keyring and which certificate a client meets, step by step, and where each of them is
//! used. Looks at documents only: what is served in truth is for a probe to tell.

mod access;
mod address;
mod answer;
mod hosting;
mod lack;
mod matching;
mod other;
mod place;
mod promised;
mod question;
mod redirect;
mod ring;
mod scene;
#[cfg(test)]
mod tests;
pub mod used;
mod web;

pub use access::{tcp_ways, tls_ways};
pub use answer::{ANSWER, Answer, Covers, Other, Outcome, Source, Step};
pub use hosting::Hosting;
pub use lack::{Lack, addresses, lacks, without_name};
pub use promised::{Promise, Whose, named, promised, promised_by_all};
pub use question::{Era, Question, Sni};
pub use redirect::redirect_url;
pub use scene::resolve;
