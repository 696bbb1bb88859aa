//! The settings in `config.ron`: where they are found, what they mean, and errors that name line, field and what is
//! allowed. Reads the environment for paths and the login name only, never for secrets.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ron::Value;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};

use crate::model::error::{Error, Kind, Result};
use crate::model::escape::unseen;
use crate::model::key::KeyType;
use crate::store::certifier_key::Protection;

/// The settings that count when no file is found, comments and all.
pub const DEFAULT: &str = include_str!("../config.ron");

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Unless NO_COLOR is set or the terminal is plain.
    Auto,
    /// Always.
    Always,
    /// Never: bold, underline and reverse only.
    Never,
}

/// Which symbols are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// Unicode where the locale says UTF-8.
    Auto,
    /// Line drawing and few marks.
    Unicode,
    /// ASCII only.
    Ascii,
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The file they came from; `None` for the embedded default.
    pub file: Option<PathBuf>,
    /// The workspace folder, made absolute against the file's folder (or the current one).
    pub workspace: PathBuf,
    /// Who works here; empty takes the login name.
    pub operator: String,
    /// Colours.
    pub colour: Colour,
    /// Symbols.
    pub symbols: Symbols,
    /// Days before an end at which it is shown as near, largest first; see [`Self::soon`].
    pub expiry_bands: Vec<i64>,
    /// The key type that new keyrings propose.
    pub keyring_key: KeyType,
    /// The key type that new certifiers propose.
    pub certifier_key: KeyType,
    /// How passwords are hardened.
    pub protection: Protection,
    /// Minutes without a key press after which certifiers are locked again; 0 is never.
    pub relock_minutes: u32,
    /// Other keys for commands, by command name.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Folders of this machine where the CRLs of certifiers are published, by certifier.
    pub crl_folders: BTreeMap<String, Vec<PathBuf>>,
    /// Commands of this machine that publish the CRLs of certifiers, by certifier: program and arguments.
    pub crl_commands: BTreeMap<String, Vec<String>>,
    /// The folder of this user's stash key, outside the workspace.
    pub home: PathBuf,
    /// The time zone of this machine or session (`TZ`); `None` where it cannot be told, and UTC is shown alone.
    pub zone: Option<tz::TimeZone>,
}

/// One setting: its name in the file, what is allowed, and how it is set; `None` when the value is not allowed.
struct Setting {
    name: &'static str,
    allowed: &'static str,
    set: fn(&mut Config, Value) -> Option<()>,
}

const KEY_TYPES: &str =
    "\"rsa-2048\", \"rsa-3072\", \"rsa-4096\", \"p-256\", \"p-384\", \"p-521\" or \"ed25519\"";

/// Every setting, in the order of the file.
static SETTINGS: [Setting; 15] = [
    Setting {
        name: "workspace",
        allowed: "a folder in quotes, such as \"data\"",
        set: |c, v| text(v).filter(|t| !t.trim().is_empty()).map(|t| c.workspace = t.into()),
    },
    Setting {
        name: "operator",
        allowed: "a name in quotes without a comma, at most 64 characters; empty takes the login name",
        set: |c, v| text(v).filter(|t| is_one_name(t)).map(|t| c.operator = t.trim().to_owned()),
    },
    Setting {
        name: "colour",
        allowed: "\"auto\", \"always\" or \"never\"",
        set: |c, v| {
            c.colour = match text(v)?.as_str() {
                "auto" => Colour::Auto,
                "always" => Colour::Always,
                "never" => Colour::Never,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        name: "symbols",
        allowed: "\"auto\", \"unicode\" or \"ascii\"",
        set: |c, v| {
            c.symbols = match text(v)?.as_str() {
                "auto" => Symbols::Auto,
                "unicode" => Symbols::Unicode,
                "ascii" => Symbols::Ascii,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        name: "expiry_bands",
        allowed: "1 to 6 whole numbers from 1 to 3650 in brackets, such as [90, 30, 7]",
        set: |c, v| {
            let Value::Seq(items) = v else { return None };
            let mut days =
                items.into_iter().map(|v| whole(v, 1, 3650).map(i64::from)).collect::<Option<Vec<_>>>()?;
            days.sort_unstable_by(|a, b| b.cmp(a));
            days.dedup();
            (1..=6).contains(&days.len()).then(|| c.expiry_bands = days)
        },
    },
    Setting {
        name: "keyring_key",
        allowed: KEY_TYPES,
        set: |c, v| KeyType::from_name(&text(v)?).map(|k| c.keyring_key = k),
    },
    Setting {
        name: "certifier_key",
        allowed: KEY_TYPES,
        set: |c, v| KeyType::from_name(&text(v)?).map(|k| c.certifier_key = k),
    },
    Setting {
        name: "argon2_mib",
        allowed: "a whole number from 8 to 4096",
        set: |c, v| whole(v, 8, 4096).map(|n| c.protection.argon2_mib = n),
    },
    Setting {
        name: "argon2_passes",
        allowed: "a whole number from 1 to 100",
        set: |c, v| whole(v, 1, 100).map(|n| c.protection.argon2_passes = n),
    },
    Setting {
        name: "keyring_rounds",
        allowed: "a whole number from 10000 to 10000000",
        set: |c, v| whole(v, 10_000, 10_000_000).map(|n| c.protection.keyring_rounds = n),
    },
    Setting {
        name: "relock_minutes",
        allowed: "a whole number from 0 to 1440; 0 is never",
        set: |c, v| whole(v, 0, 1440).map(|n| c.relock_minutes = n),
    },
    Setting {
        name: "keys",
        allowed: "commands with their keys, such as {\"keyring.create\": [\"n\", \"<f7>\"]}",
        set: |c, v| lists(v).map(|keys| c.keys = keys),
    },
    Setting {
        name: "crl_folders",
        allowed: "certifiers with folders, such as {\"root\": [\"/srv/www/crl\"]}",
        set: |c, v| {
            let folders = |texts: Vec<String>| texts.into_iter().map(PathBuf::from).collect();
            lists(v).map(|all| c.crl_folders = all.into_iter().map(|(k, v)| (k, folders(v))).collect())
        },
    },
    Setting {
        name: "crl_commands",
        allowed: "certifiers with a program and its arguments, such as {\"root\": [\"/usr/local/bin/publish\", \"--now\"]}",
        set: |c, v| {
            let good = |all: &BTreeMap<String, Vec<String>>| all.values().all(|words| !words.is_empty());
            lists(v).filter(good).map(|all| c.crl_commands = all)
        },
    },
    Setting {
        name: "home",
        allowed: "a folder in quotes; empty is the folder ringmaster in $XDG_DATA_HOME",
        set: |c, v| text(v).map(|t| c.home = t.into()),
    },
];

/// Reads names with a list of texts each.
fn lists(value: Value) -> Option<BTreeMap<String, Vec<String>>> {
    let Value::Map(map) = value else { return None };
    let list = |v| match v {
        Value::Seq(items) => items.into_iter().map(text).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    map.into_iter().map(|(name, v)| Some((text(name)?, list(v)?))).collect()
}

impl Config {
    /// Finds and reads the settings: `explicit`, `$RINGMASTER_CONFIG`, `./config.ron`, the XDG place, the embedded default.
    ///
    /// Errors: `Disk` for a file that was named and cannot be read, `Usage` for a setting that is not understood.
    pub fn load(explicit: Option<&Path>) -> Result<Self> {
        let named = explicit.map(Path::to_path_buf).or_else(|| variable("RINGMASTER_CONFIG"));
        let xdg = || {
            let base = place("XDG_CONFIG_HOME", ".config").ok()?;
            Some(base.join("ringmaster/config.ron")).filter(|f| f.exists())
        };
        let here = || Some(PathBuf::from("config.ron")).filter(|f| f.exists());
        let Some(file) = named.or_else(here).or_else(xdg) else {
            return Self::parse(DEFAULT, None).map(Self::here);
        };
        let cannot = |why: String| {
            Error::new(Kind::Disk, format!("The settings file {} cannot be read.", file.display()))
                .why(why)
                .next("Name another one with --config or $RINGMASTER_CONFIG, or correct this one.")
        };
        let size = std::fs::metadata(&file).map_err(|e| cannot(format!("{e}.")))?.len();
        if size > LARGEST {
            return Err(cannot(format!("It has {size} bytes; settings have at most {LARGEST}.")));
        }
        let bytes = std::fs::read(&file).map_err(|e| cannot(format!("{e}.")))?;
        let text = String::from_utf8(bytes).map_err(|_| cannot("It is not UTF-8 text.".into()))?;
        Self::parse(&text, Some(&file)).map(Self::here)
    }

    /// Adds the time zone of this session.
    fn here(mut self) -> Self {
        self.zone = match variable("TZ").as_deref().and_then(Path::to_str) {
            Some(named) => tz::TimeZone::from_posix_tz(named).ok(),
            None => tz::TimeZone::local().ok(),
        };
        self
    }

    /// Reads settings from text; `file` is named in errors and resolves relative paths. What the text leaves out is as
    /// in the embedded default.
    ///
    /// Errors: `Usage`, naming file, line, setting and what is allowed.
    pub fn parse(text: &str, file: Option<&Path>) -> Result<Self> {
        let mut config = Self {
            file: file.map(Path::to_path_buf),
            workspace: PathBuf::new(),
            operator: String::new(),
            colour: Colour::Auto,
            symbols: Symbols::Auto,
            expiry_bands: Vec::new(),
            keyring_key: KeyType::P256,
            certifier_key: KeyType::P384,
            protection: Protection { argon2_mib: 64, argon2_passes: 3, keyring_rounds: 600_000 },
            relock_minutes: 0,
            keys: BTreeMap::new(),
            crl_folders: BTreeMap::new(),
            crl_commands: BTreeMap::new(),
            home: PathBuf::new(),
            zone: None,
        };
        read(DEFAULT, None, &mut config)?;
        read(text, file, &mut config)?;
        let absolute = |path: &Path| {
            std::path::absolute(path).map_err(|e| {
                Error::new(Kind::Disk, "The current folder cannot be told.").why(format!("{e}."))
            })
        };
        let folder = match file.and_then(Path::parent) {
            Some(parent) => absolute(&Path::new(".").join(parent))?,
            None => absolute(Path::new("."))?,
        };
        config.workspace = folder.join(&config.workspace);
        if config.operator.is_empty() {
            config.operator = login();
        }
        config.home = if config.home.as_os_str().is_empty() {
            place("XDG_DATA_HOME", ".local/share")?.join("ringmaster")
        } else {
            folder.join(&config.home)
        };
        Ok(config)
    }

    /// Returns the number of days from which on an end is near: the largest band up to 30, or the smallest of all.
    pub fn soon(&self) -> i64 {
        let near = self.expiry_bands.iter().find(|band| **band <= 30);
        near.or_else(|| self.expiry_bands.last()).copied().unwrap_or(30)
    }
}

/// Reads a text over the settings so far.
fn read(text: &str, file: Option<&Path>, config: &mut Config) -> Result<()> {
    let at = Cell::new(None);
    let reader = Reader { config, at: &at };
    let Err(error) = ron::Options::default().from_str_seed(text, reader) else { return Ok(()) };
    let name = file.map_or_else(|| "embedded default".into(), |f| f.display().to_string());
    // The parser reports where it stopped, which for a missing comma is the line below the one to mend.
    let stopped = error.span.end.line.max(1);
    let setting: Option<&Setting> = at.get();
    let line = setting.and_then(|s| line_of(text, s.name)).filter(|l| *l <= stopped).unwrap_or(stopped);
    let what = |what: String| Error::usage(format!("{name}, line {line}: {what}"));
    let unknown = match &error.code {
        ron::Error::NoSuchStructField { found, .. } => Some(found),
        _ => None,
    };
    if let Some(found) = unknown {
        let names: Vec<_> = SETTINGS.iter().map(|s| s.name).collect();
        let nearest = names.iter().min_by_key(|n| distance(n, found)).filter(|n| distance(n, found) <= 3);
        let hint = nearest.map_or_else(String::new, |n| format!("Did you mean \"{n}\"? "));
        let line = line_of(text, found).unwrap_or(stopped);
        return Err(Error::usage(format!("{name}, line {line}: there is no setting \"{found}\"."))
            .next(format!("{hint}The settings are {}.", names.join(", "))));
    }
    let Some(setting) = setting else {
        return Err(what("the settings cannot be read.".into())
            .why(format!("{}.", error.code))
            .next("Settings stand in parentheses, as name: value, with a comma after each."));
    };
    let allowed = format!("Allowed for {} is {}.", setting.name, setting.allowed);
    Err(match &error.code {
        ron::Error::DuplicateStructField { .. } => what(format!("\"{}\" stands there twice.", setting.name))
            .next("Remove one of the two.")
            .why(allowed),
        ron::Error::ExpectedStructLikeEnd | ron::Error::ExpectedComma => {
            what(format!("after \"{}\" a comma is missing, or the value is followed by more.", setting.name))
                .why(allowed)
                .next("Put a comma after each value, and the closing parenthesis at the end.")
        }
        ron::Error::Message(message) if message.is_empty() => {
            what(format!("the value of \"{}\" is not allowed.", setting.name)).why(allowed)
        }
        code => what(format!("the value of \"{}\" cannot be read.", setting.name))
            .why(format!("{code}. {allowed}"))
            .next("Texts stand in quotes, and a comma follows each value."),
    })
}

/// Reads the settings one by one and keeps at which one it is, for the error.
struct Reader<'a> {
    config: &'a mut Config,
    at: &'a Cell<Option<&'static Setting>>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_struct("", &[], self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("settings in parentheses")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = [false; SETTINGS.len()];
        while let Some(Ident(name)) = map.next_key()? {
            let Some(index) = SETTINGS.iter().position(|s| s.name == name) else {
                return Err(de::Error::unknown_field(&name, &[]));
            };
            let setting = &SETTINGS[index];
            self.at.set(Some(setting));
            if std::mem::replace(&mut seen[index], true) {
                return Err(de::Error::duplicate_field(setting.name));
            }
            (setting.set)(self.config, map.next_value()?).ok_or_else(|| de::Error::custom(""))?;
        }
        Ok(())
    }
}

/// The name of a setting.
struct Ident(String);

impl<'de> de::Deserialize<'de> for Ident {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Ident;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a setting")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Ident, E> {
                Ok(Ident(name.to_owned()))
            }
        }
        deserializer.deserialize_identifier(Name)
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn whole(value: Value, low: u32, high: u32) -> Option<u32> {
    let number: u32 = value.into_rust().ok()?;
    (low..=high).contains(&number).then_some(number)
}

/// Returns the line, counted from 1, on which a setting begins.
fn line_of(text: &str, setting: &str) -> Option<usize> {
    let begins = |line: &str| {
        let rest = line.trim_start().trim_start_matches('(').trim_start().strip_prefix(setting);
        rest.is_some_and(|r| !r.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    text.lines().position(begins).map(|i| i + 1)
}

/// Returns how many characters have to be put in, taken out or replaced to come from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.chars().enumerate() {
            let change = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = change.min(corner + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Reads a variable of the environment; an empty one counts as not set.
#[allow(clippy::disallowed_methods, reason = "paths and the login name come from the environment")]
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from)
}

/// Returns a base folder as the XDG base directory specification has it: relative paths are not taken.
fn place(name: &str, below_home: &str) -> Result<PathBuf> {
    let home = || variable("HOME").or_else(|| account().map(|a| a.1)).map(|h| h.join(below_home));
    variable(name).filter(|p| p.is_absolute()).or_else(home).ok_or_else(|| {
        Error::usage("The home folder of this user cannot be told.")
            .why(format!("Neither ${name} nor $HOME is set, and /etc/passwd does not know this user."))
            .next("Set \"home\" in the settings file, or $HOME.")
    })
}

/// Tells whether a text can be the name of an operator: in the roles of a policy, commas stand between names.
fn is_one_name(text: &str) -> bool {
    text.chars().count() <= 64 && !text.chars().any(|c| c == ',' || unseen(c))
}

/// Returns the login name: from the environment, the list of accounts, or the user's number.
fn login() -> String {
    let named = ["LOGNAME", "USER"].into_iter().find_map(variable);
    let named = named.and_then(|n| n.into_os_string().into_string().ok());
    named
        .filter(|n| is_one_name(n))
        .or_else(|| account().map(|a| a.0).filter(|n| is_one_name(n)))
        .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}

/// Finds name and home of this user in the list of accounts.
fn account() -> Option<(String, PathBuf)> {
    let uid = rustix::process::getuid().as_raw().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    accounts.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        (fields.get(2) == Some(&uid.as_str()))
            .then(|| Some(((*fields.first()?).to_owned(), PathBuf::from(*fields.get(5)?))))?
    })
}

#[cfg(test)]
mod tests;
