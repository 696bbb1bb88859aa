//! Asks a server for renegotiation inside a session of TLS 1.2. The TLS library never does, so that the second hello is
//! bound to the session (RFC 5746) and encrypted here, with the keys of a session that carries nothing else.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey,
};
use aws_lc_rs::{digest, hmac};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ConnectionTrafficSecrets, KeyLog};
use zeroize::Zeroizing;

use super::hello::answer::{Cut, LONGEST};
use super::timed::Timed;
use super::witness;
use crate::model::cipher::Suite;
use crate::model::seen::Answer;

/// Keeps the master secret of the one session.
#[derive(Default)]
struct Master(Mutex<Zeroizing<Vec<u8>>>);

impl std::fmt::Debug for Master {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl KeyLog for Master {
    fn log(&self, label: &str, _: &[u8], secret: &[u8]) {
        if label == "CLIENT_RANDOM" {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Zeroizing::new(secret.to_vec());
        }
    }
}

/// Keeps what is said and heard while the handshake is in the clear.
struct Tap {
    stream: Timed,
    said: Vec<u8>,
    heard: Vec<u8>,
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        if self.heard.len() > LONGEST {
            return Err(io::Error::other("the handshake is too long"));
        }
        self.heard.extend(buffer.iter().take(count));
        Ok(count)
    }
}

impl Write for Tap {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(buffer)?;
        self.said.extend(buffer.iter().take(count));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Shakes hands, and asks to do so again by the message that `hello` makes for a suite and the bytes that bind it to the
/// session. Errors: it could not be asked.
pub(super) fn renegotiate(
    stream: Timed,
    host: &str,
    limit: Duration,
    hello: impl Fn(Suite, &[u8]) -> Vec<u8>,
) -> Result<Answer, String> {
    let (mut config, _) = witness::client_of(&[&rustls::version::TLS12]).map_err(|e| e.to_string())?;
    let master = Arc::new(Master::default());
    config.key_log = master.clone();
    config.enable_secret_extraction = true;
    let name = ServerName::try_from(host.to_owned()).map_err(|e| e.to_string())?;
    let mut session = ClientConnection::new(Arc::new(config), name).map_err(|e| e.to_string())?;
    let mut tap = Tap { stream, said: Vec::new(), heard: Vec::new() };
    while session.is_handshaking() {
        session.complete_io(&mut tap).map_err(|e| e.to_string())?;
    }
    let suite = session.negotiated_cipher_suite().ok_or("no suite")?;
    let suite = Suite(u16::from(suite.suite()));
    let transcript = transcript(&tap).ok_or("the handshake cannot be followed")?;
    let secret = master.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let finished = finished(suite, &secret, &transcript);
    let secrets = session.dangerous_extract_secrets().map_err(|e| e.to_string())?;
    let record =
        seal(&secrets.tx.1, secrets.tx.0, &hello(suite, &finished)).ok_or("it cannot be encrypted")?;
    let mut stream = tap.stream;
    stream.allow(limit);
    stream.write_all(&record).map_err(|e| e.to_string())?;
    Ok(answer(&mut stream))
}

/// Reads records until one tells: a handshake goes on with it, an alert or the end refuses. The kind of a record is in the
/// clear.
fn answer(stream: &mut Timed) -> Answer {
    for _ in 0..32 {
        let mut head = [0; 5];
        match stream.read_exact(&mut head) {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Answer::Unsure,
            Err(_) => return Answer::No,
            Ok(()) => {}
        }
        let [kind, _, _, high, low] = head;
        match kind {
            0x16 => return Answer::Yes,
            0x15 => return Answer::No,
            // A greeting of the protocol inside.
            _ => {
                let mut rest = vec![0; usize::from(u16::from_be_bytes([high, low]))];
                if stream.read_exact(&mut rest).is_err() {
                    return Answer::No;
                }
            }
        }
    }
    Answer::Unsure
}

/// Puts the messages together over which the client's Finished was made: both flights in the clear, the server's up to its
/// last word before ours.
fn transcript(tap: &Tap) -> Option<Vec<u8>> {
    let (said, heard) = (in_clear(&tap.said), in_clear(&tap.heard));
    let mut ours = Cut(&said);
    let mut all = message(&mut ours)?.to_vec();
    let mut theirs = Cut(&heard);
    loop {
        let next = message(&mut theirs)?;
        all.extend(next);
        // ServerHelloDone.
        if next.first() == Some(&14) {
            break;
        }
    }
    all.extend(ours.0);
    Some(all)
}

/// Takes the handshake out of the records up to the first that is of another kind.
fn in_clear(records: &[u8]) -> Vec<u8> {
    let mut cut = Cut(records);
    let mut all = Vec::new();
    while let (Some(0x16), Some(_), Some(content)) = (cut.u8(), cut.u16(), cut.vec16()) {
        all.extend(content);
    }
    all
}

/// Cuts one whole message off, its head included.
fn message<'a>(cut: &mut Cut<'a>) -> Option<&'a [u8]> {
    let length = cut.0.get(1..4)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    cut.take(4 + length)
}

/// Makes the verify_data of the client's Finished (RFC 5246 section 7.4.9).
fn finished(suite: Suite, secret: &[u8], transcript: &[u8]) -> Vec<u8> {
    let (hash, mac) = match suite.0 {
        0xC02C | 0xC030 => (&digest::SHA384, hmac::HMAC_SHA384),
        _ => (&digest::SHA256, hmac::HMAC_SHA256),
    };
    let seed = [&b"client finished"[..], digest::digest(hash, transcript).as_ref()].concat();
    let key = hmac::Key::new(mac, secret);
    let first = hmac::sign(&key, &seed);
    let mut output = hmac::sign(&key, &[first.as_ref(), &seed].concat()).as_ref().to_vec();
    output.truncate(12);
    output
}

/// Encrypts a handshake message as one record (RFC 5288, RFC 7905).
fn seal(secrets: &ConnectionTrafficSecrets, sequence: u64, message: &[u8]) -> Option<Vec<u8>> {
    let (algorithm, key, iv): (&'static Algorithm, _, _) = match secrets {
        ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (&AES_128_GCM, key, iv),
        ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (&AES_256_GCM, key, iv),
        ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (&CHACHA20_POLY1305, key, iv),
        _ => return None,
    };
    let mut nonce: [u8; 12] = iv.as_ref().try_into().ok()?;
    let count = [&[0; 4][..], &sequence.to_be_bytes()].concat();
    nonce.iter_mut().zip(count).for_each(|(byte, count)| *byte ^= count);
    // Only GCM sends its part of the nonce along.
    let explicit = match secrets {
        ConnectionTrafficSecrets::Chacha20Poly1305 { .. } => &[][..],
        _ => nonce.get(4..)?,
    };
    let length = u16::try_from(message.len()).ok()?.to_be_bytes();
    let bound = [&sequence.to_be_bytes()[..], &[0x16, 3, 3], &length].concat();
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key.as_ref()).ok()?);
    let mut sealed = message.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut sealed).ok()?;
    let length = u16::try_from(explicit.len() + sealed.len()).ok()?.to_be_bytes();
    Some([&[0x16, 3, 3][..], &length, explicit, &sealed].concat())
}
