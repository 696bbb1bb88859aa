//! Makes a keyring: key, request and (when wished) stash, and puts the request into the queue.

use super::{Env, new_password};
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::keyring::{Keyring, NewKeyring, check_name};
use crate::model::name::AltName;
use crate::model::request::{Request, RequestId, Status};
use crate::model::site::host_name;
use crate::pki::key::PrivateKey;
use crate::pki::{name, request};
use crate::store::{kyr, sth};

/// Makes a keyring as asked. Errors: the name is taken or cannot be a file, no host name, the passwords differ.
pub fn create_keyring(state: &State, asked: &NewKeyring, env: &mut Env<'_>) -> Result<Change> {
    check_name(&asked.name).map_err(|why| Error::usage("The name cannot be used.").why(why))?;
    let file = format!("keyrings/{}.kyr", asked.name);
    if state.keyrings.contains_key(&asked.name) || state.unread(&file).is_some() {
        return Err(Error::refused(format!("A keyring is already named \"{}\".", asked.name))
            .why("Its file stands in the workspace and is never overwritten.")
            .next("Choose another name."));
    }
    new_password(&asked.password, &asked.repeat)?;
    let (common_name, alt_names) = names(asked)?;

    let subject = name::build(&[
        ("C", &asked.country),
        ("ST", &asked.state),
        ("L", &asked.locality),
        ("O", &asked.organization),
        ("OU", &asked.unit),
        ("CN", &common_name),
    ])?;
    let key = PrivateKey::generate(asked.key_type)?;
    let pkcs10 = request::read(&request::build(&subject, &alt_names, &key)?)?;
    let ring = Keyring {
        name: asked.name.clone(),
        revision: 0,
        key: Some(key.info().clone()),
        next_key: None,
        entries: Vec::new(),
        stash: asked.stash,
        sealed: Default::default(),
    };
    let ring = kyr::seal(ring, Some(&key), &asked.password, env.protection.keyring_rounds)?;
    let mut files = vec![kyr::file(&ring)?];
    if asked.stash {
        files.push(sth::file(&ring, &asked.password, &(env.stash_key)()?)?);
    }
    let request = Request {
        id: RequestId(state.next_request.max(1)),
        pkcs10,
        source: format!("keyring {}", asked.name),
        keyring: Some(asked.name.clone()),
        received: env.now,
        by: env.operator.to_owned(),
        status: Status::Pending,
    };
    let facts = vec![Fact::KeyringCreated { keyring: ring }, Fact::RequestReceived { request }];
    Ok(Change { facts, files })
}

/// Decides common name and alternative names: the first host name is the common name, and a common name that is a host
/// name is repeated among the alternative names, because only those count (RFC 9525 section 2).
fn names(asked: &NewKeyring) -> Result<(String, Vec<AltName>)> {
    let common_name = match asked.common_name.trim() {
        "" => asked.hosts.first().cloned().unwrap_or_default(),
        given => given.to_owned(),
    };
    let mut hosts = asked.hosts.clone();
    match host_name(&common_name) {
        Ok(host) if !hosts.contains(&host) => hosts.insert(0, host),
        Ok(_) => {}
        Err(_) => {
            return Err(Error::usage("A keyring needs at least one host name.")
                .why("Peers compare the name they connect to with the names in the certificate.")
                .next("Fill in host names, such as mail.example.test; a common name must be one of them."));
        }
    }
    let common_name = host_name(&common_name).unwrap_or(common_name);
    // A common name holds 64 characters at most (RFC 5280, appendix A); a longer host name stands among the others only.
    let short = |host: &&String| host.chars().count() <= 64;
    let common_name = match hosts.iter().find(short) {
        Some(host) if !short(&&common_name) => host.clone(),
        None => String::new(),
        _ => common_name,
    };
    let alt_name = |host: String| match host.parse::<std::net::IpAddr>() {
        Ok(ip) => AltName::Ip(ip.to_string()),
        Err(_) => AltName::Dns(host),
    };
    Ok((common_name, hosts.into_iter().map(alt_name).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_host_is_the_common_name_and_a_common_name_is_repeated() {
        let hosts = vec!["mail.example.test".to_owned(), "::1".into()];
        let asked = NewKeyring { hosts, ..Default::default() };
        let (cn, names) = names_of(&asked);
        assert_eq!(cn, "mail.example.test");
        assert_eq!(names, [AltName::Dns("mail.example.test".into()), AltName::Ip("::1".into())]);

        let asked = NewKeyring { common_name: "Web.Example.test".into(), ..asked };
        let (cn, names) = names_of(&asked);
        assert_eq!((cn.as_str(), names.len()), ("web.example.test", 3));
        let long = format!("{}.example.test", "a".repeat(63));
        let asked = NewKeyring { hosts: vec![long.clone()], ..Default::default() };
        assert_eq!(names_of(&asked), (String::new(), vec![AltName::Dns(long.clone())]));
        let asked = NewKeyring { hosts: vec![long, "b.test".into()], ..Default::default() };
        assert_eq!(names_of(&asked).0, "b.test");
        assert!(super::names(&NewKeyring::default()).is_err());
        assert!(
            super::names(&NewKeyring { common_name: "Mail Server".into(), ..Default::default() }).is_err()
        );
    }

    fn names_of(asked: &NewKeyring) -> (String, Vec<AltName>) {
        names(asked).unwrap()
    }
}
