//! Makes a keyring: key, request and (when wished) stash, and puts the request into the queue; or, for tests, a keyring that
//! certifies itself.

use super::{Env, new_keyring_name, new_password, self_certify};
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::keyring::{Entry, Identity, Keyring, NewKeyring, Role, SelfCertifying};
use crate::model::name::{AltName, Name};
use crate::model::request::{Pkcs10, Received, Request, RequestId};
use crate::model::site::host_name;
use crate::pki::key::PrivateKey;
use crate::pki::{name, request};
use crate::store::{kyr, sth};

/// Makes a keyring as asked. Errors: the name is taken or cannot be a file, no host name, the passwords differ, no such
/// keyring to take roots from.
pub fn create_keyring(state: &State, asked: &NewKeyring, env: &mut Env<'_>) -> Result<Change> {
    new_keyring_name(state, &asked.name)?;
    new_password(&asked.password, &asked.repeat)?;
    let (subject, alt_names) = named(&asked.identity)?;
    let mut entries: Vec<Entry> = match asked.like.as_str() {
        "" => Vec::new(),
        like => super::keyring(state, like)?.with_role(Role::Root).cloned().collect(),
    };
    let key = PrivateKey::generate(asked.key_type)?;
    let pkcs10 = request_of(&subject, &alt_names, &key)?;
    if asked.self_certified {
        let certificate = self_certify::certificate(&pkcs10, &key, SelfCertifying::default().days, env)?;
        entries.insert(0, self_certify::entry(certificate));
    }
    let ring = Keyring {
        name: asked.name.clone(),
        revision: 0,
        key: Some(key.info().clone()),
        next_key: None,
        entries,
        stash: asked.stash,
        sealed: Default::default(),
    };
    let ring = kyr::seal(ring, Some(&key), &asked.password, env.protection.keyring_rounds)?;
    let mut files = vec![kyr::file(&ring)?];
    if asked.stash {
        files.push(sth::file(&ring, &asked.password, &(env.stash_key)()?)?);
    }
    let mut facts = vec![Fact::KeyringCreated { keyring: ring }];
    if !asked.self_certified {
        let source = format!("keyring {}", asked.name);
        facts.push(Fact::RequestReceived { request: received(state, &asked.name, pkcs10, source, env) });
    }
    Ok(Change { facts, files })
}

/// Makes the entry of the queue for a request of a keyring.
pub(super) fn received(
    state: &State,
    keyring: &str,
    pkcs10: Pkcs10,
    source: String,
    env: &mut Env<'_>,
) -> Request {
    let received = Received {
        source,
        by: env.operator.to_owned(),
        at: env.now,
        pickup: env.pickup(),
        ..Received::default()
    };
    Request::new(RequestId(state.next_request.max(1)), pkcs10, Some(keyring.to_owned()), received)
}

/// Makes and signs a request.
pub(super) fn request_of(subject: &Name, alt_names: &[AltName], key: &PrivateKey) -> Result<Pkcs10> {
    request::read(&request::build(subject, alt_names, key)?)
}

/// Decides the exact subject and alternative names. Errors: no host name, a state that is abbreviated, an attribute beyond
/// its bound.
pub(super) fn named(identity: &Identity) -> Result<(Name, Vec<AltName>)> {
    let (common_name, alt_names) = names(identity)?;
    identity.check_state().map_err(|why| {
        Error::usage("The state or province is not written in full.").why(format!("{why}."))
    })?;
    let subject = name::build(&[
        ("C", &identity.country),
        ("ST", &identity.state),
        ("L", &identity.locality),
        ("O", &identity.organization),
        ("OU", &identity.unit),
        ("CN", &common_name),
    ])?;
    Ok((subject, alt_names))
}

/// Decides common name and alternative names: the first host name is the common name, and a common name that is a host
/// name is repeated among the alternative names, because only those count (RFC 9525 section 2).
fn names(asked: &Identity) -> Result<(String, Vec<AltName>)> {
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
        let asked = Identity { hosts, ..Default::default() };
        let (cn, names) = names_of(&asked);
        assert_eq!(cn, "mail.example.test");
        assert_eq!(names, [AltName::Dns("mail.example.test".into()), AltName::Ip("::1".into())]);

        let asked = Identity { common_name: "Web.Example.test".into(), ..asked };
        let (cn, names) = names_of(&asked);
        assert_eq!((cn.as_str(), names.len()), ("web.example.test", 3));
        let long = format!("{}.example.test", "a".repeat(63));
        let asked = Identity { hosts: vec![long.clone()], ..Default::default() };
        assert_eq!(names_of(&asked), (String::new(), vec![AltName::Dns(long.clone())]));
        let asked = Identity { hosts: vec![long, "b.test".into()], ..Default::default() };
        assert_eq!(names_of(&asked).0, "b.test");
        assert!(super::names(&Identity::default()).is_err());
        assert!(super::names(&Identity { common_name: "Mail Server".into(), ..Default::default() }).is_err());
    }

    fn names_of(asked: &Identity) -> (String, Vec<AltName>) {
        names(asked).unwrap()
    }
}
