//! The results of visits on the disk: `probes/`, one file for each service with its latest visits, the newest first. They are
//! observations, not part of the audit chain; a file that cannot be read is left alone and said.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file::{self, Lock};
use super::{marked, workspace};
use crate::model::error::Result;
use crate::model::seen::{StartTls, Visit};
use crate::pki::sha256;

/// The folder, inside of the workspace.
pub const FOLDER: &str = "probes";

/// So many visits to a service are kept.
pub const MOST: usize = 20;

/// How long another console may take that is just writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// The kept results of a workspace.
#[derive(Debug, Clone)]
pub struct Probes {
    /// The workspace folder.
    pub folder: PathBuf,
}

impl Probes {
    /// Keeps visits beside the earlier ones to the same services; the oldest go. Each file is replaced whole.
    pub fn keep(&self, visits: &[Visit]) -> Result<()> {
        let _lock = Lock::exclusive(&self.folder.join(workspace::LOCK), PATIENCE)?;
        let folder = self.folder.join(FOLDER);
        file::make_folder(&folder)?;
        for visit in visits {
            let path = folder.join(name(visit));
            // What cannot be read has nothing to be compared with; it is replaced.
            let mut all = if path.exists() { read(&path).unwrap_or_default() } else { Vec::new() };
            all.insert(0, visit.clone());
            all.truncate(MOST);
            file::replace(&path, marked::write("probes", &all)?.as_bytes())?;
        }
        Ok(())
    }

    /// Reads every visit by service, the newest first; what cannot be read is left out.
    pub fn all(&self) -> Result<Vec<Vec<Visit>>> {
        let folder = self.folder.join(FOLDER);
        if !folder.is_dir() || file::is_link(&folder) {
            return Ok(Vec::new());
        }
        let mut names = file::names(&folder)?;
        names.retain(|name| name.ends_with(".ron") && !name.starts_with('.'));
        names.sort();
        let read = |name: &String| read(&folder.join(name)).ok().filter(|visits| !visits.is_empty());
        let mut all: Vec<Vec<Visit>> = names.iter().filter_map(read).collect();
        all.sort_by_key(|visits| visits.first().map(|v| (v.promise.service(), v.promise.server.clone())));
        Ok(all)
    }

    /// Reads the latest visit to each service.
    pub fn latest(&self) -> Result<Vec<Visit>> {
        Ok(self.all()?.into_iter().filter_map(|visits| visits.into_iter().next()).collect())
    }
}

fn read(path: &Path) -> Result<Vec<Visit>> {
    let (bytes, _) = file::read_public(path)?;
    marked::read("probes", &path.display().to_string(), &bytes, true)
}

/// Names the file of a service: whatever its host is called, it is a plain name.
fn name(visit: &Visit) -> String {
    let (server, service, starttls) = visit.promise.place();
    let service = format!("{server} {service} {}", starttls.map_or("", StartTls::name));
    let digest = sha256(service.as_bytes()).0;
    let short: String = digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    format!("{short}.ron")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::Subject;
    use crate::model::resolve::Promise;
    use crate::model::seen::{Stage, Trouble};
    use crate::model::site::SiteKind;
    use crate::model::time::Timestamp;

    fn visit(host: &str, at: i64) -> Visit {
        let promise = Promise {
            host: host.into(),
            port: 443,
            kind: SiteKind::Web,
            starttls: None,
            server: String::new(),
            subject: Subject::Site("mail".into()),
            redirect: Some((80, format!("https://{host}/"))),
        };
        let trouble = || Trouble { stage: Stage::Connect, why: "refused".into() };
        Visit {
            promise,
            at: Timestamp(at),
            found: Err(trouble()),
            plain: Some(Err(trouble())),
            sessions: None,
            guests: Vec::new(),
            burst: None,
        }
    }

    #[test]
    fn the_latest_visits_are_kept_and_the_oldest_go() {
        let dir = tempfile::tempdir().unwrap();
        let probes = Probes { folder: dir.path().to_owned() };
        assert_eq!(probes.all().unwrap(), Vec::<Vec<Visit>>::new());
        for at in 0..25 {
            probes.keep(&[visit("a.test", at), visit("../../etc/b.test", at)]).unwrap();
        }
        let all = probes.all().unwrap();
        assert_eq!(all.len(), 2);
        for visits in &all {
            let times: Vec<_> = visits.iter().map(|v| v.at.0).collect();
            assert_eq!(times, (5..25).rev().collect::<Vec<_>>());
        }
        assert_eq!(probes.latest().unwrap()[1], visit("a.test", 24));
        // A file that is damaged is left out, and replaced by the next visit.
        let file = dir.path().join(FOLDER).join(name(&visit("a.test", 0)));
        std::fs::write(&file, "// ringmaster probes 1\n[(").unwrap();
        assert_eq!(probes.all().unwrap().len(), 1);
        probes.keep(&[visit("a.test", 99)]).unwrap();
        assert_eq!(probes.latest().unwrap()[1].at, Timestamp(99));
    }
}
