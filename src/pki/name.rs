//! Distinguished names: DER to [`Name`] and back.

use crate::model::error::Result;
use crate::model::name::Name;

/// Reads a DER `Name`. String values are decoded by their tag (UTF8, Printable, IA5, Numeric, Visible, T61 as Latin-1,
/// BMP, Universal); anything else becomes `#` and hexadecimal.
pub fn read(_der: &[u8]) -> Result<Name> {
    todo!()
}

/// Builds a name from (short attribute name, value) pairs, one attribute an RDN, empty values left out.
///
/// C and serialNumber become PrintableString, DC and emailAddress IA5String, the others UTF8String (RFC 5280 4.1.2.4,
/// appendix A). Errors: an unknown short name, a value longer than its upper bound.
pub fn build(_attributes: &[(&str, &str)]) -> Result<Name> {
    todo!()
}
