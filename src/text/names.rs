//! Names of numbers that the kernel gives: errors and terminals.

use nix::errno::Errno;

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
    // Documentation/admin-guide/devices.txt; the second half of major 4 are serial lines.
    let (major, minor) = (device >> 20, device & 0xf_ffff);
    match (major, minor) {
        (0, _) => None,
        (4, 0..64) => Some(format!("tty{minor}")),
        (4, _) => Some(format!("ttyS{}", minor - 64)),
        (5, 1) => Some("console".to_owned()),
        (136..=143, _) => Some(format!("pts/{}", (major - 136) * 256 + minor)),
        (204, 64..) => Some(format!("ttyAMA{}", minor - 64)),
        (229, _) => Some(format!("hvc{minor}")),
        _ => Some(format!("{major}:{minor}")),
    }
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

    #[test]
    fn terminals_are_named_as_ps_does() {
        let named = |major: u32, minor: u32| tty_name(major << 20 | minor);
        assert_eq!(tty_name(0), None);
        assert_eq!(named(136, 3).as_deref(), Some("pts/3"));
        assert_eq!(named(137, 0).as_deref(), Some("pts/256"));
        assert_eq!(named(4, 1).as_deref(), Some("tty1"));
        assert_eq!(named(4, 64).as_deref(), Some("ttyS0"));
        assert_eq!(named(5, 1).as_deref(), Some("console"));
        assert_eq!(named(9, 7).as_deref(), Some("9:7"));
    }
}
