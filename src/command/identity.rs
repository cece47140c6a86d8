//! Who called: with `sudo proctop -- make`, the command belongs to the user who typed that, not to root.

use std::ffi::{CString, OsStr};
use std::path::PathBuf;

use nix::unistd::{Gid, Uid, User, geteuid, getgrouplist};

/// The largest user or group id: the next one, `(uid_t)-1`, means "leave as it is" to `setresuid`.
const MAX_ID: u32 = u32::MAX - 1;

/// The user on whose behalf a root process runs, and what a command needs to run as that user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvokingUser {
    /// The user id; never 0.
    pub uid: Uid,
    /// The primary group.
    pub gid: Gid,
    /// All groups, the primary one included.
    pub groups: Vec<Gid>,
    /// The login name, unless the user database does not know this user.
    pub name: Option<String>,
    /// The home directory, unless the user database does not know this user.
    pub home: Option<PathBuf>,
    /// The login shell, unless the user database does not know this user.
    pub shell: Option<PathBuf>,
}

/// `SUDO_UID` or `SUDO_GID` cannot be believed. Never ignored: the command would run as root by mistake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "proctop: cannot tell who called: {variable} is {found}: refusing to run the command as root \
     (call proctop through sudo again, or unset SUDO_UID to run the command as root on purpose)"
)]
pub struct IdentityError {
    /// The environment variable.
    variable: &'static str,
    /// What is wrong with it.
    found: String,
}

impl IdentityError {
    /// The exit code of a program that ends with this error: bad input.
    pub const fn exit_code(&self) -> u8 {
        2
    }
}

impl InvokingUser {
    /// The user who called through `sudo`; `None` when this process is not root, or was not started by `sudo`,
    /// or root itself called `sudo`.
    ///
    /// # Errors
    /// When `SUDO_UID` or `SUDO_GID` is not a valid id.
    pub fn detect() -> Result<Option<Self>, IdentityError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let ids = ids_from(std::env::var_os("SUDO_UID").as_deref(), std::env::var_os("SUDO_GID").as_deref())?;
        Ok(ids.map(|(uid, gid)| Self::look_up(uid, gid)))
    }

    /// Completes the ids from the user database. A user whom it does not know has the one group and no home.
    pub fn look_up(uid: Uid, gid: Gid) -> Self {
        let known = User::from_uid(uid).ok().flatten();
        let groups = known
            .as_ref()
            .and_then(|user| CString::new(user.name.as_bytes()).ok())
            .and_then(|name| getgrouplist(&name, gid).ok())
            .unwrap_or_else(|| vec![gid]);
        let (name, home, shell) = match known {
            Some(user) => (Some(user.name), Some(user.dir), Some(user.shell)),
            None => (None, None, None),
        };
        Self { uid, gid, groups, name, home, shell }
    }
}

/// The ids that `sudo` left in the environment. A primary group 0 is the user's own and is kept.
fn ids_from(uid: Option<&OsStr>, gid: Option<&OsStr>) -> Result<Option<(Uid, Gid)>, IdentityError> {
    let Some(uid) = uid else { return Ok(None) };
    let uid = parse_id("SUDO_UID", uid)?;
    if uid == 0 {
        return Ok(None);
    }
    let Some(gid) = gid else {
        return Err(IdentityError { variable: "SUDO_GID", found: "not set though SUDO_UID is".to_owned() });
    };
    let gid = parse_id("SUDO_GID", gid)?;
    Ok(Some((Uid::from_raw(uid), Gid::from_raw(gid))))
}

fn parse_id(variable: &'static str, value: &OsStr) -> Result<u32, IdentityError> {
    value
        .to_str()
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .filter(|id| *id <= MAX_ID)
        .ok_or_else(|| IdentityError { variable, found: format!("{value:?}, which is no id") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(uid: Option<&str>, gid: Option<&str>) -> Result<Option<(u32, u32)>, IdentityError> {
        Ok(ids_from(uid.map(OsStr::new), gid.map(OsStr::new))?.map(|(u, g)| (u.as_raw(), g.as_raw())))
    }

    #[test]
    fn the_ids_of_sudo_are_taken() {
        assert_eq!(ids(Some("1000"), Some("1001")), Ok(Some((1000, 1001))));
        assert_eq!(ids(Some("4294967294"), Some("0")), Ok(Some((4294967294, 0))));
    }

    #[test]
    fn no_sudo_and_root_through_sudo_are_nobody_else() {
        assert_eq!(ids(None, None), Ok(None));
        assert_eq!(ids(None, Some("1000")), Ok(None));
        assert_eq!(ids(Some("0"), Some("0")), Ok(None));
    }

    #[test]
    fn what_is_no_id_is_an_error_and_never_root() {
        for bad in ["", "abc", "-1", "+5", " 5", "5 ", "0x10", "4294967295", "4294967296", "1e3", "\u{661}"] {
            let error = ids(Some(bad), Some("1000")).expect_err(bad);
            assert!(error.to_string().contains("SUDO_UID is"), "{error}");
            assert!(!error.to_string().contains('\n'));
            assert_eq!(error.exit_code(), 2);
            assert!(ids(Some("1000"), Some(bad)).is_err(), "{bad}");
        }
        assert!(ids(Some("1000"), None).is_err());
    }

    #[test]
    fn a_user_who_is_not_in_the_database_has_ids_only() {
        let user = InvokingUser::look_up(Uid::from_raw(3_999_999_999), Gid::from_raw(3_999_999_998));
        assert_eq!((user.name, user.home, user.shell), (None, None, None));
        assert_eq!(user.groups, [Gid::from_raw(3_999_999_998)]);
    }

    #[test]
    fn a_known_user_has_name_home_shell_and_groups() {
        let user = InvokingUser::look_up(Uid::from_raw(0), Gid::from_raw(0));
        assert_eq!(user.name.as_deref(), Some("root"));
        assert!(user.home.is_some() && user.shell.is_some());
        assert!(user.groups.contains(&Gid::from_raw(0)));
    }
}
