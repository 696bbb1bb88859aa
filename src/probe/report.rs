//! What a probe saw of a connection, as lines before the report about the chain.

use super::connect::Seen;
use crate::model::seen::Staple;
use crate::pki::chain::report::Line;

impl Seen {
    /// Writes what was seen of the connection.
    pub(super) fn connection(&self) -> Vec<Line> {
        let none = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
        let sni = if self.sends_sni() { "as SNI" } else { "an IP address: no SNI" };
        let comma = if self.way.is_empty() { "" } else { ", " };
        let mut lines = vec![
            Line::new("Address", format!("{}{comma}{}", self.address, self.way)),
            Line::new("Asked for", format!("{} ({sni})", self.host)),
            Line::new("Protocol", &self.protocol),
            Line::new("Cipher suite", &self.suite),
            Line::new("Key exchange", &self.group),
            Line::new("ALPN", none(&self.alpn)),
            Line::new("OCSP staple", self.staple.as_ref().map_or_else(|| none(""), Staple::text)),
            Line::new(
                "Connected",
                match self.finished {
                    true => format!("after {} ms, handshake done after {} ms", self.times.0, self.times.1),
                    false => format!("the server's hello was read after {} ms; no handshake", self.times.1),
                },
            ),
        ];
        lines.extend((!self.late.is_empty()).then(|| Line::new("Afterwards", &self.late)));
        lines.extend(self.notes.iter().map(|note| Line::new("Note", note)));
        lines
    }

    fn sends_sni(&self) -> bool {
        let bare = self.host.split('%').next().unwrap_or_default();
        bare.parse::<std::net::IpAddr>().is_err()
    }
}
