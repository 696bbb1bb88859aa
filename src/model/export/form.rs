//! The forms in which a keyring, or a part of it, is written: the table FORMS.

/// What somebody who gets the file needs to use the private key in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// There is no private key in it.
    Public,
    /// A private key under a pass phrase.
    Sealed,
    /// A private key that lies open.
    Open,
}

/// A form in which a keyring, or a part of it, is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Certificates as PEM.
    Pem,
    /// The certificate alone as PEM.
    Leaf,
    /// One certificate as DER.
    Der,
    /// Certificates as PKCS#7, PEM.
    P7b,
    /// Certificates as PKCS#7, DER.
    P7bDer,
    /// The public key as PEM.
    PublicKey,
    /// The trusted roots as PEM.
    Roots,
    /// The latest request as PEM.
    Request,
    /// The private key as encrypted PKCS#8, PEM.
    Pkcs8,
    /// Key and certificates as PKCS#12.
    Pkcs12,
    /// The same with algorithms of the last century.
    Pkcs12Legacy,
    /// The private key as PKCS#8 without encryption, PEM.
    Pkcs8Plain,
    /// The private key as PKCS#1 or SEC1 without encryption, PEM.
    Traditional,
}

/// What is known of a form: one entry each in [`FORMS`].
#[derive(Debug)]
pub struct FormInfo {
    /// The form.
    pub form: Format,
    /// The name in options.
    pub name: &'static str,
    /// What it is called in menus and in the audit log.
    pub title: &'static str,
    /// What the proposed file name ends with.
    pub suffix: &'static str,
    /// What it tells.
    pub secrecy: Secrecy,
    /// Whether it holds several certificates, so that their order and the root matter.
    pub chain: bool,
    /// Whether a terminal can show it.
    pub text: bool,
    /// Whether a certificate alone can be written so.
    pub certificate: bool,
}

/// The names of all forms of a keyring, in the order of [`FORMS`].
pub const FORM_NAMES: &[&str] = &[
    "pem",
    "leaf",
    "der",
    "p7b",
    "p7b-der",
    "public-key",
    "roots",
    "request",
    "pkcs8",
    "pkcs12",
    "pkcs12-legacy",
    "pkcs8-plain",
    "traditional",
];

/// The names of the forms of a certificate.
pub const CERTIFICATE_FORMS: &[&str] = &["pem", "der", "p7b", "p7b-der", "public-key"];

/// Every form, in the order of menus.
pub const FORMS: &[FormInfo] = &[
    FormInfo {
        form: Format::Pem,
        name: "pem",
        title: "certificate with its chain, PEM",
        suffix: "-chain.pem",
        secrecy: Secrecy::Public,
        chain: true,
        text: true,
        certificate: true,
    },
    FormInfo {
        form: Format::Leaf,
        name: "leaf",
        title: "certificate alone, PEM",
        suffix: ".pem",
        secrecy: Secrecy::Public,
        chain: false,
        text: true,
        certificate: false,
    },
    FormInfo {
        form: Format::Der,
        name: "der",
        title: "certificate alone, DER",
        suffix: ".cer",
        secrecy: Secrecy::Public,
        chain: false,
        text: false,
        certificate: true,
    },
    FormInfo {
        form: Format::P7b,
        name: "p7b",
        title: "certificates as PKCS#7, PEM",
        suffix: ".p7b",
        secrecy: Secrecy::Public,
        chain: true,
        text: true,
        certificate: true,
    },
    FormInfo {
        form: Format::P7bDer,
        name: "p7b-der",
        title: "certificates as PKCS#7, DER",
        suffix: ".p7b",
        secrecy: Secrecy::Public,
        chain: true,
        text: false,
        certificate: true,
    },
    FormInfo {
        form: Format::PublicKey,
        name: "public-key",
        title: "public key, PEM",
        suffix: "-public.pem",
        secrecy: Secrecy::Public,
        chain: false,
        text: true,
        certificate: true,
    },
    FormInfo {
        form: Format::Roots,
        name: "roots",
        title: "trusted roots, PEM",
        suffix: "-roots.pem",
        secrecy: Secrecy::Public,
        chain: false,
        text: true,
        certificate: false,
    },
    FormInfo {
        form: Format::Request,
        name: "request",
        title: "certificate request, PEM",
        suffix: ".csr",
        secrecy: Secrecy::Public,
        chain: false,
        text: true,
        certificate: false,
    },
    FormInfo {
        form: Format::Pkcs8,
        name: "pkcs8",
        title: "private key, PKCS#8 encrypted, PEM",
        suffix: ".key",
        secrecy: Secrecy::Sealed,
        chain: false,
        text: true,
        certificate: false,
    },
    FormInfo {
        form: Format::Pkcs12,
        name: "pkcs12",
        title: "private key and certificates, PKCS#12",
        suffix: ".p12",
        secrecy: Secrecy::Sealed,
        chain: true,
        text: false,
        certificate: false,
    },
    FormInfo {
        form: Format::Pkcs12Legacy,
        name: "pkcs12-legacy",
        title: "private key and certificates, PKCS#12 for old software (3DES, SHA-1)",
        suffix: "-legacy.p12",
        secrecy: Secrecy::Sealed,
        chain: true,
        text: false,
        certificate: false,
    },
    FormInfo {
        form: Format::Pkcs8Plain,
        name: "pkcs8-plain",
        title: "private key, PKCS#8 NOT encrypted, PEM",
        suffix: "-open.key",
        secrecy: Secrecy::Open,
        chain: false,
        text: true,
        certificate: false,
    },
    FormInfo {
        form: Format::Traditional,
        name: "traditional",
        title: "private key, PKCS#1 or SEC1 NOT encrypted, PEM",
        suffix: "-open.key",
        secrecy: Secrecy::Open,
        chain: false,
        text: true,
        certificate: false,
    },
];

impl Format {
    /// Returns what is known of it.
    pub fn info(self) -> &'static FormInfo {
        &FORMS[self as usize]
    }

    /// Reads a name.
    pub fn from_name(text: &str) -> Option<Self> {
        FORMS.iter().find(|f| f.name.eq_ignore_ascii_case(text.trim())).map(|f| f.form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_forms_fits_its_names() {
        for (i, info) in FORMS.iter().enumerate() {
            assert_eq!((info.form as usize, FORM_NAMES[i]), (i, info.name));
            assert_eq!(Format::from_name(info.name), Some(info.form));
            assert_eq!(info.certificate, CERTIFICATE_FORMS.contains(&info.name));
        }
        assert_eq!(FORMS.len(), FORM_NAMES.len());
    }
}
