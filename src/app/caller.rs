//! Who called, and this process made ready to act with that user's rights.

use nix::unistd::setgroups;

use super::error::Error;
use crate::command::InvokingUser;
use crate::recording::Owner;

/// The user who called by sudo, if it was one. The process then has that user's groups: files are read and created with
/// the user's rights, where root's own groups must not count, and the user's must.
pub(super) fn detect() -> Result<Option<InvokingUser>, Error> {
    let user = InvokingUser::detect()?;
    if let Some(user) = &user {
        setgroups(&user.groups).map_err(|errno| Error::System {
            doing: "cannot take the groups of the invoking user",
            error: errno.into(),
        })?;
    }
    Ok(user)
}

/// Whose rights decide about files.
pub(super) fn owner(user: &InvokingUser) -> Owner {
    Owner { uid: user.uid.as_raw(), gid: user.gid.as_raw() }
}
