//! Reads filter expressions, and says of a term that cannot be read what is allowed there.

use super::{Age, Clock, Date, Filter, Part, Span, Status, Term, Test, Unit, Used};
use crate::model::issued::Reason;

/// A term that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The byte at which the term begins.
    pub at: usize,
    /// What is wrong and what is allowed, as one sentence.
    pub why: String,
}

/// A field of expressions: its name, its operators, what it takes.
pub(super) struct Field {
    /// The name.
    pub(super) name: &'static str,
    /// The operators, of `:` `<` `>`; empty where the name stands alone.
    pub(super) operators: &'static [char],
    /// Examples of what follows the operator, complete where the field knows no others.
    pub(super) values: &'static [&'static str],
    read: Read,
}

/// Reads operator and value: whether the test is turned around, and the test. Errors say what is allowed.
type Read = fn(char, &str) -> Result<(bool, Test), String>;

/// The kinds of names, which stand before a colon in the rows and are no fields.
const KINDS: [&str; 4] = ["dns", "ip", "email", "uri"];

/// Every field, in the order of completions.
pub(super) const FIELDS: &[Field] = &[
    Field {
        name: "expires",
        operators: &['<', '>', ':'],
        values: &["7d", "30d", "90d", "12w", "6m"],
        read: |op, v| time(Clock::Ends, op, v),
    },
    Field {
        name: "expired",
        operators: &['<', ':'],
        values: &["7d", "30d", "90d"],
        read: |op, v| {
            let (flipped, past) = if op == ':' { (!yes(v)?, None) } else { (false, Some(age(v)?)) };
            Ok((flipped, Test::Time(Clock::Ends, Span::Past(past))))
        },
    },
    Field {
        name: "issued",
        operators: &['<', '>', ':'],
        values: &["1d", "7d", "30d"],
        read: |op, v| time(Clock::Issued, op, v),
    },
    Field {
        name: "key",
        operators: &[':', '<', '>'],
        values: &["rsa", "rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "p-521", "ed25519"],
        read: key,
    },
    Field { name: "issuer", operators: &[':'], values: &[], read: |_, v| part(Part::Issuer, v) },
    Field { name: "subject", operators: &[':'], values: &[], read: |_, v| part(Part::Subject, v) },
    Field {
        name: "name",
        operators: &[':'],
        values: &["*."],
        read: |_, v| text(v).map(|v| (false, Test::Name(v))),
    },
    Field {
        name: "serial",
        operators: &[':'],
        values: &[],
        read: |_, v| {
            let hex: String = v.chars().filter(|c| *c != ':').collect();
            let fits = !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
            if fits { part(Part::Serial, &hex) } else { Err("a serial number is hexadecimal".into()) }
        },
    },
    Field {
        name: "used",
        operators: &[':'],
        values: &["no", "yes", "keyring", "certifier"],
        read: |_, v| match v {
            "no" => Ok((true, Test::Used(Used::Anywhere))),
            "yes" => Ok((false, Test::Used(Used::Anywhere))),
            "keyring" => Ok((false, Test::Used(Used::Keyring))),
            "certifier" => Ok((false, Test::Used(Used::Certifier))),
            _ => Err("used takes no, yes, keyring or certifier".into()),
        },
    },
    Field {
        name: "ring",
        operators: &[':'],
        values: &[],
        read: |_, v| text(v).map(|v| (false, Test::Ring(v))),
    },
    Field {
        name: "status",
        operators: &[':'],
        values: &["ok", "soon", "expired", "notyet", "revoked"],
        read: |_, v| {
            let found = Status::ALL.into_iter().find(|s| s.word() == v);
            let found = found.ok_or("status takes ok, soon, expired, notyet or revoked")?;
            Ok((false, Test::Status(found)))
        },
    },
    Field {
        name: "revoked",
        operators: &[':'],
        values: &["yes", "no"],
        read: |_, v| Ok((!yes(v)?, Test::Status(Status::Revoked))),
    },
    Field { name: "profile", operators: &[':'], values: &[], read: |_, v| part(Part::Profile, v) },
    Field { name: "by", operators: &[':'], values: &[], read: |_, v| part(Part::By, v) },
    Field { name: "approver", operators: &[':'], values: &[], read: |_, v| part(Part::Approver, v) },
    Field {
        name: "request",
        operators: &[':'],
        values: &[],
        read: |_, v| {
            let id = v.parse().ok().filter(|id| *id > 0);
            Ok((false, Test::Request(id.ok_or("request takes the number of a request, such as request:12")?)))
        },
    },
    Field {
        name: "reason",
        operators: &[':'],
        values: Reason::NAMES,
        read: |_, v| {
            let reason = Reason::from_name(v);
            let allowed = || format!("reason takes {}", Reason::NAMES.join(", "));
            Ok((false, Test::Reason(reason.ok_or_else(allowed)?)))
        },
    },
    Field {
        name: "superseded",
        operators: &[':'],
        values: &["yes", "no"],
        read: |_, v| Ok((!yes(v)?, Test::Superseded)),
    },
    Field {
        name: "dup",
        operators: &[':'],
        values: &["yes", "no"],
        read: |_, v| Ok((!yes(v)?, Test::Duplicate)),
    },
    Field {
        name: "sharedkey",
        operators: &[':'],
        values: &["yes", "no"],
        read: |_, v| Ok((!yes(v)?, Test::SharedKey)),
    },
];

/// A piece of an expression between blanks: where it begins, its text, and the place in it of the first quote.
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) text: String,
    quoted: Option<usize>,
    open: bool,
}

/// Splits an expression at blanks outside of quotes; within quotes `""` is a quote.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut all: Vec<Token> = Vec::new();
    let mut token: Option<Token> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let open = token.as_ref().is_some_and(|t| t.open);
        if c.is_whitespace() && !open {
            all.extend(token.take());
            continue;
        }
        let here = token.get_or_insert_with(|| Token { at, text: String::new(), quoted: None, open: false });
        match c {
            '"' if open && chars.next_if(|(_, c)| *c == '"').is_some() => here.text.push('"'),
            '"' => {
                here.quoted.get_or_insert(here.text.len());
                here.open = !open;
            }
            c => here.text.push(c),
        }
    }
    all.extend(token);
    all
}

/// Reads an expression. Errors: the first term that cannot be read.
pub fn parse(expression: &str) -> Result<Filter, Mistake> {
    let terms = tokens(expression).into_iter().map(|token| {
        let at = token.at;
        term(&token).map_err(|why| Mistake { at, why })
    });
    Ok(Filter { terms: terms.collect::<Result<_, _>>()? })
}

/// Reads an expression for a list that knows no fields: words, quoted ones, and those that are left out.
pub fn plain(expression: &str) -> Result<Filter, Mistake> {
    let filter = parse(expression)?;
    let odd = tokens(expression).iter().zip(&filter.terms).find_map(|(token, term)| {
        let word = token.text.trim_start_matches('-').to_owned();
        (!matches!(term.test, Test::Text(_))).then_some((token.at, word))
    });
    match odd {
        Some((at, word)) => {
            let why = format!("This list takes words alone; \"{word}\" is for the list of certificates");
            Err(Mistake { at, why })
        }
        None => Ok(filter),
    }
}

/// Reads an expression for a list of records with these fields: words as [`plain`] has them, and `field:word`, which is kept
/// as it is for [`field_of`]. Other colons are part of a word, such as those of an address.
pub fn of_fields(expression: &str, fields: &[&str]) -> Result<Filter, Mistake> {
    if fields.is_empty() {
        return plain(expression);
    }
    let read = |token: Token| {
        let (not, bare) =
            token.text.strip_prefix('-').map_or((false, token.text.as_str()), |rest| (true, rest));
        let head = bare.split_once(':').map_or("", |(head, _)| head);
        let quoted = token.quoted.is_some_and(|at| at < head.len());
        let name = !quoted && !head.is_empty() && head.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        let wrong = |why: String| Mistake { at: token.at, why };
        if token.open {
            return Err(wrong("the quote is not closed".into()));
        }
        if name && !fields.contains(&head) {
            return Err(wrong(format!("There is no field {head}; there are {}", fields.join(", "))));
        }
        if bare.is_empty() {
            return Err(wrong("there is no word to look for".into()));
        }
        if head.is_empty() && term(&token).is_ok_and(|term| !matches!(term.test, Test::Text(_))) {
            return Err(wrong(format!(
                "This list has other fields; \"{bare}\" is for the list of certificates"
            )));
        }
        Ok(Term { not, test: Test::Text(bare.to_lowercase()) })
    };
    Ok(Filter { terms: tokens(expression).into_iter().map(read).collect::<Result<_, _>>()? })
}

/// Splits a word of [`of_fields`] into the field and what it has to hold; nothing is held by an empty one.
pub fn field_of<'a>(word: &'a str, fields: &[&str]) -> Option<(&'a str, &'a str)> {
    word.split_once(':').filter(|(field, _)| fields.contains(field))
}

fn term(token: &Token) -> Result<Term, String> {
    if token.open {
        return Err("the quote is not closed".into());
    }
    let free = token.quoted.unwrap_or(token.text.len());
    let (head, tail) = token.text.split_at(free);
    let (not, head) = match head.strip_prefix('-').or_else(|| head.strip_prefix("not:")) {
        Some(rest) => (true, rest),
        None => (false, head),
    };
    let whole = || format!("{head}{tail}").to_lowercase();
    let word = || match whole() {
        text if text.is_empty() => Err("there is no word to look for".to_owned()),
        text => Ok(Term { not, test: Test::Text(text) }),
    };
    if head == "expired" && tail.is_empty() {
        return Ok(Term { not, test: Test::Time(Clock::Ends, Span::Past(None)) });
    }
    let Some(at) = head.find([':', '<', '>', '=']) else { return word() };
    let (name, rest) = head.split_at(at);
    let name = name.to_ascii_lowercase();
    let name = if name == "ends" { "expires" } else { name.as_str() };
    let mut operator = rest.chars().next().unwrap_or(':');
    let value = format!("{}{tail}", rest.get(1..).unwrap_or_default()).to_lowercase();
    let Some(field) = FIELDS.iter().find(|f| f.name == name) else {
        let foreign = name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphabetic());
        if foreign || operator == '=' || KINDS.contains(&name) {
            return word();
        }
        let names: Vec<_> = FIELDS.iter().map(|f| f.name).collect();
        return Err(format!("\"{name}\" is no field; there are {}", names.join(" ")));
    };
    if operator == '=' {
        operator = ':';
    }
    if !field.operators.contains(&operator) {
        let allowed: Vec<_> = field.operators.iter().map(|o| format!("{name}{o}")).collect();
        return Err(format!("{name} is written {}", allowed.join(" or ")));
    }
    let (flipped, test) = (field.read)(operator, &value)?;
    Ok(Term { not: not != flipped, test })
}

fn text(value: &str) -> Result<String, String> {
    if value.is_empty() { Err("what shall it hold?".into()) } else { Ok(value.to_owned()) }
}

fn part(part: Part, value: &str) -> Result<(bool, Test), String> {
    Ok((false, Test::Part(part, text(value)?)))
}

fn yes(value: &str) -> Result<bool, String> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("it takes yes or no".into()),
    }
}

fn key(operator: char, value: &str) -> Result<(bool, Test), String> {
    let bits =
        || value.parse().map_err(|_| "the size of an RSA key is a number, such as key<2048".to_owned());
    Ok((
        false,
        match operator {
            '<' => Test::KeyBelow(bits()?),
            '>' => Test::KeyAbove(bits()?),
            _ if value.chars().any(char::is_alphanumeric) => Test::Key(value.to_owned()),
            _ => return Err("key takes rsa, rsa-2048, p-256, ed25519 and the like".into()),
        },
    ))
}

fn time(clock: Clock, operator: char, value: &str) -> Result<(bool, Test), String> {
    let span = match (operator, age(value), date(value)) {
        ('<', Ok(age), _) => Span::Within(age),
        ('>', Ok(age), _) => Span::Beyond(age),
        ('<', _, Some(date)) => Span::Before(date),
        ('>', _, Some(date)) => Span::After(date),
        (':', _, Some(date)) => Span::From(date, date),
        (':', ..) => {
            let ends = value.split_once("..").and_then(|(a, b)| Some((date(a)?, date(b)?)));
            match ends {
                Some((a, b)) if a.first() <= b.last() => Span::From(a, b),
                _ => return Err("it takes 2027, 2027-03, 2027-03-31 or 2027-03-01..2027-03-07".into()),
            }
        }
        _ => return Err("it takes 30d, 2w, 6m, 1y or a date such as 2027-03-31".into()),
    };
    Ok((false, Test::Time(clock, span)))
}

fn age(value: &str) -> Result<Age, String> {
    let wrong = || "it takes a number of days, weeks, months or years: 30d, 2w, 6m, 1y".to_owned();
    let (number, unit) = value.char_indices().last().map(|(at, _)| value.split_at(at)).ok_or_else(wrong)?;
    let unit = match unit {
        "d" => Unit::Days,
        "w" => Unit::Weeks,
        "m" => Unit::Months,
        "y" => Unit::Years,
        _ => return Err(wrong()),
    };
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    let count = number.parse().ok().filter(|count| digits && *count <= 100_000).ok_or_else(wrong)?;
    Ok(Age { count, unit })
}

fn date(value: &str) -> Option<Date> {
    let mut parts = value.split('-');
    let year =
        parts.next().filter(|y| y.len() == 4 && y.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    let mut small = || match parts.next() {
        None => Some(0),
        Some(p) if p.len() == 2 && p.bytes().all(|b| b.is_ascii_digit()) => {
            p.parse().ok().filter(|n: &u8| *n > 0)
        }
        Some(_) => None,
    };
    let (month, day) = (small()?, small()?);
    if parts.next().is_some() { None } else { Date::new(year, month, day) }
}
