//! Through an HTTP proxy: it lets the connection through, refuses, or is none.

use std::net::TcpStream;

use ringmaster::model::secret::Secret;
use ringmaster::model::seen::Stage;
use ringmaster::probe::connect::{Target, probe};
use ringmaster::probe::route::{Proxy, Route};

use super::{Stub, carry, failed, line, say, scanned, to};
use crate::cli::Place;
use crate::probe::{EC, Pki};

/// A proxy that answers every request with this, and connects to what is asked for when it says 200.
fn proxy(status: &'static str) -> Stub {
    Stub::new(move |mut stream| {
        let request = line(&mut stream);
        let mut status = status;
        loop {
            match line(&mut stream).as_str() {
                "" => break,
                // user:pass
                "Proxy-Authorization: Basic dXNlcjpwYXNz" => status = "200 Connection established",
                _ => {}
            }
        }
        say(&mut stream, format!("HTTP/1.1 {status}\r\nVia: test\r\n\r\n"));
        let beyond = request.strip_prefix("CONNECT ").and_then(|r| r.strip_suffix(" HTTP/1.1")).unwrap();
        if status.starts_with("200") {
            carry(stream, TcpStream::connect(beyond).unwrap());
        }
    })
}

fn through(stub: &Stub, route: Route) -> Route {
    let (host, port) = ("127.0.0.1".into(), stub.address.port());
    let (user, password) = (String::new(), Secret::default());
    Route { proxy: Some(Proxy { host, port, user, password }), ..route }
}

#[test]
fn a_service_behind_a_proxy_is_probed_and_scanned() {
    let Some(pki) = Pki::new(&EC) else { return };
    let server = pki.server(&[]);
    let stub = proxy("200 Connection established");
    let target = pki.target(server.address);
    let seen = probe(&Target { route: through(&stub, target.route.clone()), ..target }).unwrap();
    assert!(seen.inquiry.answer().explanation.trusted);
    assert_eq!(seen.way, format!("through the proxy {}", stub.address));
    let scan = scanned(through(&stub, to(server.address)));
    assert_eq!(scan.proxy, stub.address.to_string());
    assert_eq!(scan.spoken().count(), 2, "{:#?}", scan.lines());

    let place = Place::new();
    std::fs::copy(pki.dir.path().join("root.pem"), place.path("root.pem")).unwrap();
    let (port, address) = (server.address.port(), server.address);
    let line = format!(
        "probe mail.example.test:{port} --address {address} --root root.pem --proxy {}",
        stub.address
    );
    let ended = place.run(&line);
    assert!(ended.out.contains("through the proxy 127.0.0.1:"), "{ended:#?}");
    place.run(&format!("probe mail.example.test:{port} --proxy nowhere")).refused(2);
}

#[test]
fn a_proxy_that_refuses_is_the_step_that_failed() {
    let Some(pki) = Pki::new(&EC) else { return };
    let server = pki.server(&[]);
    for (status, why) in [
        ("407 Proxy Authentication Required", "a name and a password"),
        ("403 Forbidden", "does not allow"),
        ("502 Bad Gateway", "could not reach the server itself"),
    ] {
        let stub = proxy(status);
        let failed = failed(through(&stub, to(server.address)));
        assert!(failed.stage == Stage::Proxy && failed.error.why.contains(why), "{failed}");
    }
    let other = Stub::new(|mut stream| say(&mut stream, "220 mail ESMTP\r\n"));
    let failed = failed(through(&other, to(server.address)));
    assert!(failed.stage == Stage::Proxy && failed.error.what.contains("is no HTTP proxy"), "{failed}");
}

#[test]
fn a_proxy_is_told_the_name_and_the_password_that_it_wants() {
    let Some(pki) = Pki::new(&EC) else { return };
    let server = pki.server(&[]);
    let stub = proxy("407 Proxy Authentication Required");
    let place = Place::new();
    std::fs::copy(pki.dir.path().join("root.pem"), place.path("root.pem")).unwrap();
    let (port, address) = (server.address.port(), server.address);
    let line = format!(
        "probe mail.example.test:{port} --address {address} --root root.pem --proxy {} --proxy-user user",
        stub.address
    );
    let good = place.with("pass\n", &line);
    assert!(good.out.contains("through the proxy 127.0.0.1:"), "{good:#?}");
    assert!(!format!("{good:?}").contains("dXNlcjpwYXNz"), "{good:#?}");
    let bad = place.with("wrong\n", &line).refused(1);
    assert!(bad.contains("does not take this name and password"), "{bad}");
}
