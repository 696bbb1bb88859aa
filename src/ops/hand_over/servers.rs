//! Presets for servers of other makers, and for Java.

use super::{File, Part, Piece, Preset};

const OPEN: &str = "The private key is not encrypted, so that the server starts unattended: whoever reads the file has the key. Carry it over a safe way, and destroy this folder when the server has its copy.";

/// Certificate and intermediates, and the open key, each in a file.
const PAIR: &[File] = &[
    File { name: "{ring}.crt", part: Part::Pem(&[Piece::Chain]) },
    File { name: "{ring}.key", part: Part::Pem(&[Piece::OpenKey]) },
];

const PRESET: Preset =
    Preset { name: "", title: "", files: PAIR, rsa: false, root: false, warnings: &[OPEN], commands: "" };

const NGINX: Preset = Preset {
    name: "nginx",
    title: "nginx",
    commands: "\
# As root:
install -d -m 0700 /etc/nginx/tls
install -m 0644 {folder}/{ring}.crt /etc/nginx/tls/{ring}.crt
install -m 0600 {folder}/{ring}.key /etc/nginx/tls/{ring}.key

# In the server block:
    listen 443 ssl;
    server_name {host};
    ssl_certificate     /etc/nginx/tls/{ring}.crt;
    ssl_certificate_key /etc/nginx/tls/{ring}.key;
    ssl_protocols       TLSv1.2 TLSv1.3;

nginx -t && nginx -s reload

# It should now show SHA256 Fingerprint={sha256}
openssl s_client -connect {host}:443 -servername {host} </dev/null | openssl x509 -noout -subject -enddate -fingerprint -sha256
",
    ..PRESET
};

const APACHE: Preset = Preset {
    name: "apache",
    title: "Apache httpd",
    commands: "\
# As root (the folder differs between distributions):
install -d -m 0700 /etc/apache2/tls
install -m 0644 {folder}/{ring}.crt /etc/apache2/tls/{ring}.crt
install -m 0600 {folder}/{ring}.key /etc/apache2/tls/{ring}.key

# In the virtual host; from 2.4.8 on SSLCertificateFile takes the intermediates as well:
    ServerName {host}
    SSLEngine on
    SSLCertificateFile    /etc/apache2/tls/{ring}.crt
    SSLCertificateKeyFile /etc/apache2/tls/{ring}.key
    SSLProtocol           -all +TLSv1.2 +TLSv1.3

apachectl configtest && apachectl graceful

# It should now show SHA256 Fingerprint={sha256}
openssl s_client -connect {host}:443 -servername {host} </dev/null | openssl x509 -noout -subject -enddate -fingerprint -sha256
",
    ..PRESET
};

const HAPROXY: Preset = Preset {
    name: "haproxy",
    title: "HAProxy",
    files: &[File { name: "{ring}.pem", part: Part::Pem(&[Piece::Chain, Piece::OpenKey]) }],
    commands: "\
# As root:
install -d -m 0700 /etc/haproxy/tls
install -m 0600 {folder}/{ring}.pem /etc/haproxy/tls/{ring}.pem

# In the frontend:
    bind :443 ssl crt /etc/haproxy/tls/{ring}.pem alpn h2,http/1.1 ssl-min-ver TLSv1.2

haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy

# It should now show SHA256 Fingerprint={sha256}
openssl s_client -connect {host}:443 -servername {host} </dev/null | openssl x509 -noout -subject -enddate -fingerprint -sha256
",
    warnings: &[
        OPEN,
        "HAProxy reads every file of a folder that is named with crt: keep nothing else there.",
        "HAProxy asks for the pass phrase of an encrypted key on its terminal at each start, and fails where there is none.",
    ],
    ..PRESET
};

const POSTFIX: Preset = Preset {
    name: "postfix",
    title: "Postfix",
    files: &[File { name: "{ring}.pem", part: Part::Pem(&[Piece::OpenKey, Piece::Chain]) }],
    commands: "\
# As root; Postfix 3.4 and later take key and chain from one file, the key first:
install -d -m 0700 /etc/postfix/tls
install -m 0600 {folder}/{ring}.pem /etc/postfix/tls/{ring}.pem
postconf -e 'smtpd_tls_chain_files = /etc/postfix/tls/{ring}.pem'
postconf -e 'smtpd_tls_security_level = may'
postfix check && postfix reload

# It should now show SHA256 Fingerprint={sha256}
openssl s_client -connect {host}:25 -starttls smtp </dev/null | openssl x509 -noout -subject -enddate -fingerprint -sha256
",
    warnings: &[
        OPEN,
        "Before Postfix 3.4, name the same file in both smtpd_tls_cert_file and smtpd_tls_key_file.",
    ],
    ..PRESET
};

const DOVECOT: Preset = Preset {
    name: "dovecot",
    title: "Dovecot",
    commands: "\
# As root:
install -d -m 0700 /etc/dovecot/tls
install -m 0644 {folder}/{ring}.crt /etc/dovecot/tls/{ring}.crt
install -m 0600 {folder}/{ring}.key /etc/dovecot/tls/{ring}.key

# In conf.d/10-ssl.conf, release 2.3:
    ssl = required
    ssl_cert = </etc/dovecot/tls/{ring}.crt
    ssl_key  = </etc/dovecot/tls/{ring}.key
# Release 2.4:
    ssl = required
    ssl_server_cert_file = /etc/dovecot/tls/{ring}.crt
    ssl_server_key_file  = /etc/dovecot/tls/{ring}.key

doveconf -n && doveadm reload

# It should now show SHA256 Fingerprint={sha256}
openssl s_client -connect {host}:993 -servername {host} </dev/null | openssl x509 -noout -subject -enddate -fingerprint -sha256
",
    ..PRESET
};

const POSTGRESQL: Preset = Preset {
    name: "postgresql",
    title: "PostgreSQL",
    commands: "\
# As root; the data directory is what SHOW data_directory says:
install -o postgres -g postgres -m 0644 {folder}/{ring}.crt DATA-DIRECTORY/{ring}.crt
install -o postgres -g postgres -m 0600 {folder}/{ring}.key DATA-DIRECTORY/{ring}.key

# In postgresql.conf:
    ssl = on
    ssl_cert_file = '{ring}.crt'
    ssl_key_file  = '{ring}.key'
    ssl_min_protocol_version = 'TLSv1.2'

psql -U postgres -c 'SELECT pg_reload_conf()'

# It should now show SHA256 Fingerprint={sha256}
openssl s_client -connect {host}:5432 -starttls postgres </dev/null | openssl x509 -noout -subject -enddate -fingerprint -sha256
",
    warnings: &[OPEN, "The server refuses a key that group or world can read, unless root owns it."],
    ..PRESET
};

const JAVA: Preset = Preset {
    name: "java",
    title: "Java",
    files: &[
        File { name: "{ring}.p12", part: Part::KeyStore },
        File { name: "{ring}-trust.p12", part: Part::TrustStore },
    ],
    commands: "\
# keytool asks for the pass phrase; the key is listed as {ring}.
keytool -list -v -storetype PKCS12 -keystore {folder}/{ring}.p12
keytool -list -v -storetype PKCS12 -keystore {folder}/{ring}-trust.p12

# A program of your own; PASS-PHRASE is better read from a file than written here:
java -Djavax.net.ssl.keyStore={folder}/{ring}.p12 -Djavax.net.ssl.keyStoreType=PKCS12 \\
     -Djavax.net.ssl.keyStorePassword=PASS-PHRASE \\
     -Djavax.net.ssl.trustStore={folder}/{ring}-trust.p12 -Djavax.net.ssl.trustStoreType=PKCS12 \\
     -Djavax.net.ssl.trustStorePassword=PASS-PHRASE ...

# Tomcat, in the SSLHostConfig of server.xml:
    <Certificate certificateKeystoreFile=\"{folder}/{ring}.p12\" certificateKeystoreType=\"PKCS12\"
                 certificateKeyAlias=\"{ring}\" certificateKeystorePassword=\"PASS-PHRASE\" />
",
    warnings: &[
        "Both stores have the same pass phrase. Java wants one of ASCII characters, of at least six.",
        "These algorithms need Java 8u301 or 11.0.12 and later; for older ones export the form pkcs12-legacy.",
        "What is given as -D can be seen in the list of processes.",
    ],
    ..PRESET
};

pub(super) const PRESETS: &[Preset] = &[NGINX, APACHE, HAPROXY, POSTFIX, DOVECOT, POSTGRESQL, JAVA];
