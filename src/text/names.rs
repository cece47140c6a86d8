//! Names of numbers that the kernel gives: errors and terminals.

use nix::errno::Errno;

use crate::model::tty::TtyName;

/// The name of an error by its number, as in `errno(3)`: `ENOENT`. A number without a name is `errno 4711`.
pub fn errno_name(number: u32) -> String {
    match errno(number) {
        Some(errno) => format!("{errno:?}"),
        None => format!("errno {number}"),
    }
}

/// What an error means, in the words of the C library: `No such file or directory`.
pub fn errno_meaning(number: u32) -> &'static str {
    errno(number).map_or("", Errno::desc)
}

fn errno(number: u32) -> Option<Errno> {
    let errno = Errno::from_raw(i32::try_from(number).ok()?);
    (errno != Errno::UnknownErrno).then_some(errno)
}

/// A terminal by its device (`major << 20 | minor`), as `ps` names it: `pts/3`, `tty1`, `ttyS0`. `None` for no device.
pub fn tty_name(device: u32) -> Option<String> {
    TtyName::of(device).map(|name| name.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_names_and_meanings() {
        assert_eq!((errno_name(2).as_str(), errno_meaning(2)), ("ENOENT", "No such file or directory"));
        assert_eq!((errno_name(8).as_str(), errno_name(13).as_str()), ("ENOEXEC", "EACCES"));
        assert_eq!((errno_name(4711).as_str(), errno_meaning(u32::MAX)), ("errno 4711", ""));
    }
}
