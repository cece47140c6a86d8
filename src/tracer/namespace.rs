//! The pid namespace that proctop runs in.

use std::fs;

/// The inode of the initial pid namespace, `PROC_PID_INIT_INO` of include/linux/proc_ns.h.
const INITIAL: u32 = 0xefff_fffc;

/// The inode of proctop's pid namespace; `None` in the initial one, and where it can't be told.
pub fn own() -> Option<u32> {
    let link = fs::read_link("/proc/self/ns/pid").ok()?;
    inode(link.to_str()?).filter(|&inode| inode != INITIAL)
}

/// Out of `pid:[4026531836]`.
fn inode(link: &str) -> Option<u32> {
    link.strip_prefix("pid:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_initial_namespace_has_its_fixed_inode() {
        assert_eq!(inode("pid:[4026531836]"), Some(INITIAL));
        assert_eq!(inode("pid:[4026532281]"), Some(4_026_532_281));
        assert_eq!(inode("mnt:[1]"), None);
        assert_eq!(inode("pid:[x]"), None);
    }
}
