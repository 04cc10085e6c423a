//! PostgreSQL servers of a test's own: one that is stopped at will, another that stands by it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A server; gone when dropped.
pub struct Cluster {
    folder: TempDir,
    pub url: String,
    bin: PathBuf,
}

impl Cluster {
    pub fn start() -> Self {
        Self::made_by("start", None)
    }

    /// A hot standby of this one: it streams what is committed here, and nobody waits for it.
    pub fn standby(&self) -> Self {
        Self::made_by("standby", Some(&self.url))
    }

    fn made_by(verb: &str, of: Option<&str>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        // root hands the cluster to another user, who has to pass through here
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711))
            .expect("permissions");
        let place = folder.path().join("pg");
        let mut arguments = vec![verb.as_ref(), place.as_path()];
        arguments.extend(of.map(Path::new));
        let url = script(&arguments);
        Self { url, bin: PathBuf::from(script(&["bin".as_ref()])), folder }
    }

    pub fn control(&self, arguments: &[&str]) {
        let data = self.folder.path().join("pg/data");
        let owner = std::fs::metadata(&data).expect("the cluster's folder");
        let port =
            self.url.rsplit_once(':').and_then(|(_, rest)| rest.split_once('/')).expect("a port").0;
        let status = Command::new(self.bin.join("pg_ctl"))
            .args(arguments)
            .args(["--wait", "--silent", "--options", &format!("-p {port}"), "--pgdata"])
            .arg(&data)
            .arg("--log")
            .arg(self.folder.path().join("pg/server.log"))
            .current_dir("/")
            .uid(owner.uid())
            .gid(owner.gid())
            .status();
        assert!(status.expect("pg_ctl runs").success(), "pg_ctl {arguments:?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        script(&["stop".as_ref(), self.folder.path().join("pg").as_ref()]);
    }
}

fn script(arguments: &[&Path]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/postgres");
    let output =
        Command::new(script).args(arguments).output().expect("tests/support/postgres runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
