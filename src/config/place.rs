//! Where the config file is looked for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Below the directory of all config files.
const FILE: &str = "proctop/config.toml";

/// The file of a user whose environment this is: below `XDG_CONFIG_HOME`, or below `.config` in `HOME`. `None` where
/// neither is an absolute path.
pub fn by_environment(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    path("XDG_CONFIG_HOME").map(|directory| directory.join(FILE)).or_else(|| Some(by_home(&path("HOME")?)))
}

/// The file of a user with this home. Of one who called by sudo the environment is another's: root's, mostly.
pub fn by_home(home: &Path) -> PathBuf {
    home.join(".config").join(FILE)
}
