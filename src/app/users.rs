//! User names for uids, asked once each.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use nix::unistd::{Uid, User};
use rustc_hash::{FxHashMap, FxHashSet};

/// More users than this are shown by number: a hostile recording could name four billion.
const LIMIT: usize = 10_000;

/// The users of this machine, one in each line.
const LOCAL: &str = "/etc/passwd";
/// What is read of that, in bytes.
const LOCAL_BYTES: u64 = 1 << 20;

/// A cache of the user database.
#[derive(Debug, Default)]
pub(super) struct Users {
    asked: FxHashSet<u32>,
    known: FxHashMap<u32, String>,
    /// Those of another machine: this one is not asked.
    foreign: bool,
}

impl Users {
    /// Knows every local user from the beginning, as far as the list can be read.
    pub(super) fn local() -> Self {
        let mut list = Vec::new();
        if let Ok(file) = File::open(LOCAL) {
            // What was read before an error is worth as much.
            let _ = file.take(LOCAL_BYTES).read_to_end(&mut list);
        }
        let mut users = Self::default();
        users.take_list(&list);
        users
    }

    /// Knows those of a list, and nobody of this machine.
    ///
    /// # Errors
    /// When the list can't be read.
    pub(super) fn listed(path: &Path) -> io::Result<Self> {
        let mut list = Vec::new();
        File::open(path)?.take(LOCAL_BYTES).read_to_end(&mut list)?;
        let mut users = Self { foreign: true, ..Self::default() };
        users.take_list(&list);
        Ok(users)
    }

    /// Takes in what has the form of passwd(5); of several names of a user the first counts.
    fn take_list(&mut self, list: &[u8]) {
        let entries = list.split(|&byte| byte == b'\n').filter_map(entry);
        for (uid, name) in entries {
            if self.asked.len() >= LIMIT {
                break;
            }
            if self.asked.insert(uid) {
                self.known.insert(uid, name.to_owned());
            }
        }
    }

    /// The name of a user, if the system knows one.
    pub(super) fn name(&mut self, uid: u32) -> Option<&str> {
        self.learn(uid);
        self.known.get(&uid).map(String::as_str)
    }

    /// Looks a user up unless that was done before.
    pub(super) fn learn(&mut self, uid: u32) {
        if self.foreign || self.asked.len() >= LIMIT || !self.asked.insert(uid) {
            return;
        }
        if let Ok(Some(user)) = User::from_uid(Uid::from_raw(uid)) {
            self.known.insert(uid, user.name);
        }
    }

    /// All names that were learnt.
    pub(super) fn known(&self) -> &FxHashMap<u32, String> {
        &self.known
    }
}

/// A line of passwd(5). Lines that begin with `+` or `-` name no user.
fn entry(line: &[u8]) -> Option<(u32, &str)> {
    let mut fields = std::str::from_utf8(line).ok()?.split(':');
    let name = fields.next().filter(|name| !name.is_empty() && !name.starts_with(['+', '-', '#']))?;
    let uid = fields.nth(1)?.parse().ok()?;
    Some((uid, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_taken_in_as_far_as_it_makes_sense() {
        let mut users = Users::default();
        users.take_list(
            b"root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n\n# dev:x:7:7\n+nis:x:8:8\n-x:x:8:8\n:x:9:9\n\
              no-uid:x\nbad:x:many:1\nneg:x:-1:1\nlarge:x:4294967296:1\n\xff:x:10:1\ndev:x:1000:1000:cut of",
        );
        let mut known: Vec<_> = users.known().iter().map(|(&uid, name)| (uid, name.as_str())).collect();
        known.sort_unstable();
        assert_eq!(known, [(0, "root"), (1000, "dev")]);
    }

    #[test]
    fn those_of_another_machine_are_nobody_here() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "dev:x:1000:1000::/home/dev:/bin/sh\n").unwrap();
        let mut users = Users::listed(file.path()).unwrap();
        assert_eq!(users.name(1000), Some("dev"));
        assert_eq!(users.name(0), None);
        assert!(Users::listed(Path::new("/nowhere/at.all")).is_err());
    }

    #[test]
    fn a_long_list_is_cut() {
        let mut users = Users::default();
        let list: String = (0..LIMIT + 10).map(|uid| format!("u{uid}:x:{uid}:\n")).collect();
        users.take_list(list.as_bytes());
        assert_eq!(users.known().len(), LIMIT);
    }

    #[test]
    fn the_local_users_are_known_without_being_met() {
        let list = std::fs::read(LOCAL).unwrap_or_default();
        let users = Users::local();
        for (uid, name) in list.split(|&byte| byte == b'\n').filter_map(entry).take(100) {
            assert!(users.known().contains_key(&uid), "{name}");
        }
    }
}
