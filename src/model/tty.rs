//! The names of terminals.

use std::fmt::{self, Write};

/// The name of a terminal by its device, as `ps` shows it: `pts/3`, `tty1`, `ttyS0`. Filters ask for it process by
/// process, so it allocates nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct TtyName {
    bytes: [u8; 24],
    length: usize,
}

impl TtyName {
    /// The name of `major << 20 | minor`; `None` for no device.
    pub fn of(device: u32) -> Option<Self> {
        // Documentation/admin-guide/devices.txt; the second half of major 4 are serial lines.
        let (major, minor) = (device >> 20, device & 0xf_ffff);
        let mut name = Self::default();
        let written = match (major, minor) {
            (0, _) => return None,
            (4, 0..64) => write!(name, "tty{minor}"),
            (4, _) => write!(name, "ttyS{}", minor - 64),
            (5, 1) => write!(name, "console"),
            (136..=143, _) => write!(name, "pts/{}", (major - 136) * 256 + minor),
            (204, 64..) => write!(name, "ttyAMA{}", minor - 64),
            (229, _) => write!(name, "hvc{minor}"),
            _ => write!(name, "{major}:{minor}"),
        };
        written.ok().map(|()| name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl Write for TtyName {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length.saturating_add(text.len());
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_named_as_ps_does() {
        let named =
            |major: u32, minor: u32| TtyName::of(major << 20 | minor).map(|name| name.as_str().to_owned());
        assert_eq!(named(0, 0), None);
        assert_eq!(named(136, 3).as_deref(), Some("pts/3"));
        assert_eq!(named(137, 0).as_deref(), Some("pts/256"));
        assert_eq!(named(4, 1).as_deref(), Some("tty1"));
        assert_eq!(named(4, 64).as_deref(), Some("ttyS0"));
        assert_eq!(named(5, 1).as_deref(), Some("console"));
        assert_eq!(named(9, 7).as_deref(), Some("9:7"));
        assert_eq!(named(4095, 0xf_ffff).as_deref(), Some("4095:1048575"), "the longest has room");
        assert_eq!(named(143, 0xf_ffff).as_deref(), Some("pts/1050367"));
        assert_eq!(named(204, 0xf_ffff).as_deref(), Some("ttyAMA1048511"));
    }
}
