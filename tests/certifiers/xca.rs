//! Databases of XCA: two authorities of OpenSSL, put into tables as that program has them.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::cli::Place;
use crate::support::{openssl, tool};

const TABLES: &str = "CREATE TABLE settings (key_ CHAR(20) UNIQUE, value TEXT);
    CREATE TABLE items(id INTEGER PRIMARY KEY, name VARCHAR(128), type INTEGER, source INTEGER, date CHAR(15), comment TEXT);
    CREATE TABLE private_keys (item INTEGER, ownPass INTEGER, private TEXT);
    CREATE TABLE x509super (item INTEGER, subj_hash INTEGER, pkey INTEGER, key_hash INTEGER);
    CREATE TABLE certs (item INTEGER, hash INTEGER, iss_hash INTEGER, serial VARCHAR(64), issuer INTEGER, ca INTEGER, cert TEXT);
    CREATE TABLE authority (item INTEGER, template INTEGER, crlExpire CHAR(15), crlNo INTEGER, crlDays INTEGER);
    CREATE TABLE crls (item INTEGER, hash INTEGER, num INTEGER, iss_hash INTEGER, issuer INTEGER, crl TEXT);
    CREATE TABLE revocations (caId INTEGER, serial VARCHAR(64), date CHAR(15), invaldate CHAR(15), crlNo INTEGER, reasonBit INTEGER);";

/// Encodes a PEM file of OpenSSL as XCA keeps it: base64 of the DER in one line.
fn kept(folder: &Path, file: &str) -> String {
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    text.lines().filter(|line| !line.starts_with('-')).collect()
}

fn authority(folder: &Path, base: &Connection, item: i64, name: &str, leaves: &[(i64, &str, &str)]) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";
    openssl(
        folder,
        &format!(
            "req -x509 {key} -nodes -keyout {name}.key -subj /CN={name} -days 900 -addext keyUsage=critical,keyCertSign,cRLSign -out {name}.pem"
        ),
    );
    openssl(
        folder,
        &format!("pkcs8 -topk8 -v2 aes-256-cbc -in {name}.key -passout pass:base-pass -out {name}.p8"),
    );
    let insert = |item: i64, issuer: i64, file: &str| {
        let row = params![item, issuer, kept(folder, file)];
        base.execute("INSERT INTO certs(item, issuer, cert) VALUES(?, ?, ?)", row).unwrap();
    };
    insert(item, item, &format!("{name}.pem"));
    let sealed = params![item + 50, kept(folder, &format!("{name}.p8"))];
    base.execute("INSERT INTO private_keys VALUES(?, 0, ?)", sealed).unwrap();
    base.execute("INSERT INTO x509super(item, pkey) VALUES(?, ?)", params![item, item + 50]).unwrap();
    base.execute("INSERT INTO authority(item, crlNo) VALUES(?, ?)", params![item, 20 + item]).unwrap();
    for (leaf, host, serial) in leaves {
        openssl(
            folder,
            &format!("req -new {key} -nodes -keyout {host}.key -subj /CN={host} -out {host}.csr"),
        );
        openssl(
            folder,
            &format!(
                "x509 -req -in {host}.csr -CA {name}.pem -CAkey {name}.key -set_serial 0x{serial} -days 300 -out {host}.pem"
            ),
        );
        insert(*leaf, item, &format!("{host}.pem"));
    }
}

#[test]
fn a_database_of_xca_is_taken_over_with_its_past() {
    let Some(_) = tool("openssl") else { return };
    let place = Place::new();
    let folder = place.folder.path();
    let base = Connection::open(folder.join("our.xdb")).unwrap();
    base.execute_batch(TABLES).unwrap();
    base.execute("INSERT INTO settings VALUES('schema', '8')", []).unwrap();
    authority(folder, &base, 1, "First", &[(11, "a.example.test", "A1"), (12, "b.example.test", "B2")]);
    authority(folder, &base, 2, "Second", &[(21, "c.example.test", "C3")]);
    let revoke = "INSERT INTO revocations VALUES(?, ?, '20260801120000Z', '20260731000000Z', 7, ?)";
    base.execute(revoke, params![1, "B2", 1]).unwrap();
    // One whose certificate is not kept any more.
    base.execute(revoke, params![1, "0D4", 4]).unwrap();
    drop(base);

    let shown = place.with("base-pass\n", "certifier import first our.xdb --preview").done();
    assert!(shown.contains("XCA database our.xdb") && shown.contains("several authorities"), "{shown}");
    place.with("base-pass\nca-pass\n", "certifier import first our.xdb").done();
    let list = place.run("certificate list --filter issuer:first --json").json().to_string();
    for issued in ["a.example.test", "b.example.test", "not kept"] {
        assert!(list.contains(issued), "{issued}: {list}");
    }
    assert!(!list.contains("c.example.test"), "what the other one has issued is its own: {list}");
    place.write("first.crl", place.run("certifier crl first").done());
    let text = openssl(folder, "crl -in first.crl -noout -text");
    assert!(text.contains("Serial Number: B2") && text.contains("Key Compromise"), "{text}");
    assert!(text.contains("Serial Number: D4") && text.contains("Superseded"), "{text}");
    assert!(openssl(folder, "crl -in first.crl -noout -crlnumber").contains("17"), "23 comes after 22");
    // The other authority is the next one, and takes over what is its own.
    place.with("base-pass\nca-pass\n", "certifier import second our.xdb").done();
    assert!(place.run("certifier show second").done().contains("CN=Second"));
    let list = place.run("certificate list --filter issuer:second --json").json().to_string();
    assert!(list.contains("c.example.test") && !list.contains("a.example.test"), "{list}");
    place.run("audit verify").done();
}

#[test]
fn what_is_no_database_of_xca_is_named() {
    let place = Place::new();
    let folder = place.folder.path();
    let base = Connection::open(folder.join("other.db")).unwrap();
    base.execute_batch("CREATE TABLE a(b)").unwrap();
    drop(base);
    let error = place.run("certifier import x other.db").refused(1);
    assert!(error.contains("not one of XCA"), "{error}");
    let base = Connection::open(folder.join("new.xdb")).unwrap();
    base.execute_batch(TABLES).unwrap();
    base.execute("INSERT INTO settings VALUES('schema', '99')", []).unwrap();
    drop(base);
    let error = place.run("certifier import x new.xdb").refused(1);
    assert!(error.contains("not known here") && error.contains("PKCS#12"), "{error}");
    place.write("cut.xdb", b"SQLite format 3\0and nothing more");
    let error = place.run("certifier import x cut.xdb").refused(1);
    assert!(error.contains("cut.xdb"), "{error}");
}
