//! FIELDS of a note: whom to ask about a request, and what there is to know about it.

use super::Note;
use crate::model::escape::visible;
use crate::model::field::{Field, Kind, Look, Record, When};

const fn line(
    name: &'static str,
    label: &'static str,
    help: &'static str,
    get: fn(&Note, &Look<'_>) -> String,
    set: fn(&mut Note, &str) -> Result<(), String>,
) -> Field<Note> {
    Field { name, label, help, kind: Kind::Text, when: When::Amendable, get, set }
}

/// Reads a line of text with its upper bound in characters.
fn text(text: &str, bound: usize) -> Result<String, String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err("plain text: it holds a control character".into());
    }
    match text.chars().count() {
        count if count > bound => Err(format!("at most {bound} characters; these are {count}")),
        _ => Ok(text.to_owned()),
    }
}

/// Reads a mail address as far as it can be told from other text; empty is none.
fn mail(typed: &str) -> Result<String, String> {
    let mail = text(typed, 254)?;
    let good = mail.split_once('@').is_some_and(|(local, host)| {
        !(local.is_empty() || host.is_empty() || host.contains('@') || mail.contains(char::is_whitespace))
    });
    if mail.is_empty() || good { Ok(mail) } else { Err("a mail address, such as ann@example.test".into()) }
}

impl Record for Note {
    const NOUN: &'static str = "note on a request";
    const FIELDS: &'static [Field<Self>] = &[
        line(
            "contact-name",
            "Contact",
            "Whom to ask about the request.",
            |x, _| visible(&x.contact.name),
            |x, t| text(t, 200).map(|name| x.contact.name = name),
        ),
        line(
            "contact-mail",
            "Mail",
            "The mail address of the contact.",
            |x, _| visible(&x.contact.mail),
            |x, t| mail(t).map(|mail| x.contact.mail = mail),
        ),
        line(
            "contact-phone",
            "Telephone",
            "The number of the contact.",
            |x, _| visible(&x.contact.phone),
            |x, t| text(t, 60).map(|phone| x.contact.phone = phone),
        ),
        line(
            "comment",
            "Comment",
            "What there is to know about the request.",
            |x, _| visible(&x.comment),
            |x, t| text(t, 1000).map(|comment| x.comment = comment),
        ),
    ];
}
