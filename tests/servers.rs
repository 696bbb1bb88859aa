//! Real servers serve what is handed over to them, and the keyring file itself. OpenSSL connects as a client would, and
//! verifies.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ringmaster::model::key::KeyType;

use crate::export::{furnished, leave, preset};
use crate::support::{openssl, run, tool};

/// A server that is stopped when the test ends, however it ends.
pub(crate) struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // Asked first, so that it takes its own processes along.
        let id = self.0.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.0.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < deadline {
            std::thread::yield_now();
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server and waits until it takes connections.
pub(crate) fn started(mut command: Command, port: u16) -> Server {
    let mut server = Server(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if server.0.try_wait().unwrap().is_some() || Instant::now() > deadline {
            let mut said = String::new();
            let _ = server.0.kill();
            server.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("{command:?} does not serve: {said}");
        }
        std::thread::yield_now();
    }
    server
}

/// Lets OpenSSL verify what a server serves; `starttls` are further arguments.
fn serves(command: Command, folder: &Path, port: u16, starttls: &str) {
    let _server = started(command, port);
    let seen = openssl(
        folder,
        &format!(
            "s_client -connect 127.0.0.1:{port} -servername mail.example.test -CAfile root.pem \
             -verify_return_error -verify_hostname mail.example.test{starttls}"
        ),
    );
    assert!(seen.contains("Verify return code: 0 (ok)"), "{seen}");
}

/// Returns a port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A folder with the keyring `mail` handed over to a program, in a folder of the program's name.
pub(crate) fn handed_over(to: &str) -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = furnished(temp.path(), KeyType::P256, true);
    leave(&mut desk, preset(to, &temp.path().join(to))).unwrap();
    temp
}

/// Returns the user and the group with this name, in a process that may become them; else says why it is skipped.
fn account(name: &str) -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root may start it");
        return None;
    }
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let fields = passwd.lines().map(|l| l.split(':').collect::<Vec<_>>()).find(|f| f[0] == name).unwrap();
    Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
}

/// Nginx in a folder, ready to be started; `servers` is what stands in its `http`.
pub(crate) fn nginx_with(folder: &Path, servers: &str) -> Option<Command> {
    let (program, here) = (tool("nginx")?, folder.display());
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String = temporary.iter().map(|t| format!("{t}_temp_path {here}/{t};")).collect();
    let settings = format!(
        "daemon off; master_process off; pid {here}/pid; error_log {here}/log; events {{}}
         http {{ access_log off; {temporary} {servers} }}"
    );
    std::fs::write(folder.join("nginx.conf"), settings).unwrap();
    let mut command = Command::new(program);
    command.arg("-c").arg(folder.join("nginx.conf")).arg("-p").arg(folder);
    Some(command)
}

/// Serves with nginx; `tls` are its lines about certificate and key.
fn nginx(folder: &Path, tls: &str) {
    let port = free_port();
    let server = format!("server {{ listen 127.0.0.1:{port} ssl; {tls} return 200 x; }}");
    if let Some(command) = nginx_with(folder, &server) {
        serves(command, folder, port, "");
    }
}

#[test]
fn nginx_serves_a_keyring_file_as_it_is() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    furnished(folder, KeyType::P256, true);
    let here = folder.display();
    std::fs::write(folder.join("password"), "ring-pass\n").unwrap();
    let ring = format!("{here}/data/keyrings/mail.kyr");
    nginx(
        folder,
        &format!("ssl_certificate {ring}; ssl_certificate_key {ring}; ssl_password_file {here}/password;"),
    );
}

#[test]
fn nginx_serves_what_was_handed_over() {
    let Some(_) = tool("openssl") else { return };
    let temp = handed_over("nginx");
    let here = temp.path().display();
    let tls = format!("ssl_certificate {here}/nginx/mail.crt; ssl_certificate_key {here}/nginx/mail.key;");
    nginx(temp.path(), &tls);
}

#[test]
fn haproxy_serves_what_was_handed_over() {
    let (Some(program), Some(_)) = (tool("haproxy"), tool("openssl")) else { return };
    let temp = handed_over("haproxy");
    let (folder, here, port) = (temp.path(), temp.path().display(), free_port());
    let settings = format!(
        "defaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\n\
         frontend f\n  bind 127.0.0.1:{port} ssl crt {here}/haproxy/mail.pem\n  http-request return status 200\n"
    );
    std::fs::write(folder.join("haproxy.cfg"), settings).unwrap();
    let mut command = Command::new(program);
    command.arg("-db").arg("-f").arg(folder.join("haproxy.cfg"));
    serves(command, folder, port, "");
}

#[test]
fn apache_serves_what_was_handed_over() {
    let (Some(program), Some(_)) = (tool("apache2"), tool("openssl")) else { return };
    let temp = handed_over("apache");
    let (folder, here, port) = (temp.path(), temp.path().display(), free_port());
    let modules: String = ["mpm_event", "authz_core", "ssl"]
        .iter()
        .map(|m| format!("LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n"))
        .collect();
    let settings = format!(
        "ServerRoot {here}\nDefaultRuntimeDir {here}\nPidFile {here}/pid\nErrorLog /dev/stderr\n{modules}\
         Listen 127.0.0.1:{port}\nServerName mail.example.test\nSSLEngine on\n\
         SSLCertificateFile {here}/apache/mail.crt\nSSLCertificateKeyFile {here}/apache/mail.key\n\
         SSLProtocol -all +TLSv1.2 +TLSv1.3\n"
    );
    std::fs::write(folder.join("httpd.conf"), settings).unwrap();
    let mut command = Command::new(program);
    command.arg("-X").arg("-f").arg(folder.join("httpd.conf"));
    serves(command, folder, port, "");
}

/// Postfix with a keyring that was handed over to it, ready to be started; `None` where that is not possible.
pub(crate) fn postfix(port: u16) -> Option<(tempfile::TempDir, Command)> {
    let (program, (user, _)) = (tool("postfix")?, account("postfix")?);
    let temp = handed_over("postfix");
    let (folder, here) = (temp.path(), temp.path().display());
    for made in ["etc", "queue", "state"] {
        std::fs::create_dir(folder.join(made)).unwrap();
    }
    // Its processes that are not root look into queue and state.
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).unwrap();
    chown(folder.join("state"), Some(user), None).unwrap();
    let main = format!(
        "compatibility_level = 3.6\nqueue_directory = {here}/queue\ndata_directory = {here}/state\n\
         inet_interfaces = 127.0.0.1\nmynetworks = 127.0.0.0/8\nmyhostname = mail.example.test\n\
         smtpd_tls_chain_files = {here}/postfix/mail.pem\nsmtpd_tls_security_level = may\n"
    );
    let master = format!(
        "127.0.0.1:{port} inet n - n - - smtpd\ntlsmgr unix - - n 1000? 1 tlsmgr\nanvil unix - - n - 1 anvil\n\
         rewrite unix - - n - - trivial-rewrite\nproxymap unix - - n - - proxymap\n"
    );
    std::fs::write(folder.join("etc/main.cf"), main).unwrap();
    std::fs::write(folder.join("etc/master.cf"), master).unwrap();
    // It makes the folders of its queue, and says where its daemon is; that one stays in the foreground when asked itself.
    run(Command::new(program).arg("-c").arg(folder.join("etc")).arg("check"));
    let daemons =
        run(Command::new("postconf").arg("-c").arg(folder.join("etc")).args(["-h", "daemon_directory"]));
    let daemons = String::from_utf8(daemons.stdout).unwrap();
    let mut command = Command::new(Path::new(daemons.trim()).join("master"));
    command.arg("-c").arg(folder.join("etc")).arg("-d");
    Some((temp, command))
}

#[test]
fn postfix_serves_what_was_handed_over() {
    let Some(_) = tool("openssl") else { return };
    let port = free_port();
    let Some((temp, command)) = postfix(port) else { return };
    serves(command, temp.path(), port, " -starttls smtp");
}

/// Dovecot with a keyring that was handed over to it, ready to be started: with TLS from the first byte at `imaps`, and
/// with STARTTLS for IMAP and POP3. `None` where that is not possible.
pub(crate) fn dovecot(imaps: u16, imap: u16, pop3: u16) -> Option<(tempfile::TempDir, Command)> {
    let (program, _) = (tool("dovecot")?, account("dovecot")?);
    let temp = handed_over("dovecot");
    let (folder, here) = (temp.path(), temp.path().display());
    let settings = format!(
        "base_dir = {here}/run\nlog_path = /dev/stderr\nprotocols = imap pop3\nlisten = 127.0.0.1\nssl = required\n\
         ssl_cert = <{here}/dovecot/mail.crt\nssl_key = <{here}/dovecot/mail.key\n\
         service imap-login {{\n  inet_listener imap {{\n    port = {imap}\n  }}\n\
         inet_listener imaps {{\n    port = {imaps}\n    ssl = yes\n  }}\n}}\n\
         service pop3-login {{\n  inet_listener pop3 {{\n    port = {pop3}\n  }}\n\
         inet_listener pop3s {{\n    port = 0\n  }}\n}}\n\
         passdb {{\n  driver = static\n  args = nopassword=y\n}}\n"
    );
    std::fs::write(folder.join("dovecot.conf"), settings).unwrap();
    let mut command = Command::new(program);
    command.arg("-F").arg("-c").arg(folder.join("dovecot.conf"));
    Some((temp, command))
}

#[test]
fn dovecot_serves_what_was_handed_over() {
    let Some(_) = tool("openssl") else { return };
    let (imaps, imap, pop3) = (free_port(), free_port(), free_port());
    let Some((temp, command)) = dovecot(imaps, imap, pop3) else { return };
    serves(command, temp.path(), imaps, "");
}

/// Finds a program of the newest PostgreSQL, which Debian keeps off the PATH.
fn postgresql(name: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let found = versions.filter_map(|v| Some(v.ok()?.path().join("bin").join(name))).filter(|p| p.is_file());
    found.max().or_else(|| tool(name))
}

#[test]
fn postgresql_serves_what_was_handed_over() {
    let (Some(initdb), Some(program)) = (postgresql("initdb"), postgresql("postgres")) else { return };
    let (Some(_), Some((user, group))) = (tool("openssl"), account("postgres")) else { return };
    let temp = handed_over("postgresql");
    let (folder, port) = (temp.path(), free_port());
    let own = folder.join("own");
    std::fs::create_dir(&own).unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).unwrap();
    chown(&own, Some(user), Some(group)).unwrap();
    let data = own.join("data");
    run(Command::new(initdb)
        .uid(user)
        .gid(group)
        .current_dir(&own)
        .args(["-N", "-A", "trust", "-D"])
        .arg(&data));
    // As the commands that are handed over say.
    for (file, mode) in [("mail.crt", "0644"), ("mail.key", "0600")] {
        let from = folder.join("postgresql").join(file);
        let owner = ["-o", "postgres", "-g", "postgres", "-m", mode];
        run(Command::new("install").args(owner).arg(from).arg(data.join(file)));
    }
    let settings = "ssl = on\nssl_cert_file = 'mail.crt'\nssl_key_file = 'mail.key'\n\
                    ssl_min_protocol_version = 'TLSv1.2'\nlisten_addresses = '127.0.0.1'\n";
    std::fs::write(data.join("postgresql.auto.conf"), settings).unwrap();
    let mut command = Command::new(program);
    command.uid(user).gid(group).current_dir(&own).arg("-D").arg(&data).arg("-k").arg(&own);
    command.arg("-p").arg(port.to_string());
    serves(command, folder, port, " -starttls postgres");
}
