//! FIELDS of a note: whom to ask about a request, and what there is to know about it.

use super::Note;
use crate::model::escape::visible;
use crate::model::field::{Field, Record, bounded};

/// Reads a mail address as far as it can be told from other text; empty is none.
fn mail(typed: &str) -> Result<String, String> {
    let mail = bounded(typed, 254)?;
    let good = mail.split_once('@').is_some_and(|(local, host)| {
        !(local.is_empty() || host.is_empty() || host.contains('@') || mail.contains(char::is_whitespace))
    });
    if mail.is_empty() || good { Ok(mail) } else { Err("a mail address, such as ann@example.test".into()) }
}

impl Record for Note {
    const NOUN: &'static str = "note on a request";
    const FIELDS: &'static [Field<Self>] = &[
        Field::text(
            "contact-name",
            "Contact",
            "Whom to ask about the request.",
            |x, _| visible(&x.contact.name),
            |x, t| bounded(t, 200).map(|name| x.contact.name = name),
        ),
        Field::text(
            "contact-mail",
            "Mail",
            "The mail address of the contact.",
            |x, _| visible(&x.contact.mail),
            |x, t| mail(t).map(|mail| x.contact.mail = mail),
        ),
        Field::text(
            "contact-phone",
            "Telephone",
            "The number of the contact.",
            |x, _| visible(&x.contact.phone),
            |x, t| bounded(t, 60).map(|phone| x.contact.phone = phone),
        ),
        Field::text(
            "comment",
            "Comment",
            "What there is to know about the request.",
            |x, _| visible(&x.comment),
            |x, t| bounded(t, 1000).map(|comment| x.comment = comment),
        ),
    ];
}
