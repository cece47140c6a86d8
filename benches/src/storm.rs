//! The storms: `tests/programs/storm.c`, compiled for this run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::children::bound;
use crate::machine::root;
use crate::ticks::Ticking;
use crate::{Measured, failed};

/// What each process of a storm does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is vforked and exits.
    Vfork,
    /// It is spawned, executes `/bin/true` with a compiler's number of arguments, and exits.
    Spawn,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Vfork, Self::Spawn];

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vfork => "vfork",
            Self::Spawn => "spawn",
        }
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Vfork => &["--mode", "vfork", "--codes"],
            Self::Spawn => &["--mode", "spawn", "--arguments", "32"],
        }
    }
}

/// When a storm ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// After so many processes.
    Processes(usize),
    /// After so many seconds.
    Seconds(u32),
}

/// More than that no CPU makes in a second. A storm keeps 8 bytes for each of so many, whether it gets to them or not, and touches
/// them before it begins: 2.4 MB for each second that it may last.
const FASTEST: usize = 300_000;

/// A storm that was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storm {
    /// The program that was the parent.
    pub parent: u32,
    /// How long it took.
    pub elapsed_ns: u64,
    /// Pid and exit code of each child in order, as wait4 told.
    pub children: Vec<(u32, u8)>,
}

impl Storm {
    /// How long each process took.
    pub fn cycle_ns(&self) -> f64 {
        self.elapsed_ns as f64 / self.children.len().max(1) as f64
    }
}

/// The compiled program and a place for its lists.
pub struct Storms {
    directory: TempDir,
}

/// A storm that runs.
pub struct Blowing {
    child: Child,
    list: PathBuf,
}

impl Storms {
    /// Compiles it.
    ///
    /// # Errors
    /// Without a compiler or a directory for temporary files.
    pub fn compile() -> Measured<Self> {
        let directory = tempfile::tempdir().map_err(failed("a temporary directory"))?;
        let output = Command::new("cc")
            .args(["-O2", "-o"])
            .arg(directory.path().join("storm"))
            .arg(root().join("tests/programs/storm.c"))
            .output()
            .map_err(failed("cc"))?;
        succeeded("cc", &output)?;
        Ok(Self { directory })
    }

    /// A place for files of this run.
    pub fn place(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The command line of a storm on one CPU; `list` is where it writes what became of its children.
    pub fn command(&self, kind: Kind, length: Length, cpu: usize, list: &Path) -> Command {
        let mut command = self.unlisted(kind, length, cpu);
        command.arg("--list").arg(list);
        command
    }

    fn unlisted(&self, kind: Kind, length: Length, cpu: usize) -> Command {
        let mut command = Command::new(self.place("storm"));
        match length {
            Length::Processes(count) => command.arg(count.to_string()),
            Length::Seconds(seconds) => {
                let most = FASTEST.saturating_mul(seconds as usize);
                command.args([most.to_string(), "--seconds".into(), seconds.to_string()])
            }
        };
        command.args(["--cpu", &cpu.to_string()]).args(kind.options());
        command
    }

    /// Starts a storm of vfork that tells when its processes were, and goes on until it is to end, at most so many seconds.
    ///
    /// # Errors
    /// When it can't be.
    pub fn start_ticking(&self, seconds: u32, cpu: usize) -> Measured<Ticking> {
        let mut command = self.unlisted(Kind::Vfork, Length::Seconds(seconds), cpu);
        let place = self.place("ticks");
        command.arg("--ticks").arg(&place);
        Ticking::start(&command, place)
    }

    /// Runs a storm to its end.
    ///
    /// # Errors
    /// When it could not be run or told of a failure.
    pub fn run(&self, kind: Kind, length: Length, cpu: usize) -> Measured<Storm> {
        self.start(kind, length, cpu)?.finish()
    }

    /// Starts a storm.
    ///
    /// # Errors
    /// When it can't be.
    pub fn start(&self, kind: Kind, length: Length, cpu: usize) -> Measured<Blowing> {
        let list = self.place(&format!("list-{cpu}"));
        let child = bound(&self.command(kind, length, cpu, &list))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed("storm"))?;
        Ok(Blowing { child, list })
    }
}

impl Blowing {
    /// Whether it is over.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn is_over(&mut self) -> Measured<bool> {
        self.child.try_wait().map(|status| status.is_some()).map_err(failed("storm"))
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it told of a failure.
    pub fn finish(self) -> Measured<Storm> {
        let parent = self.child.id();
        let output = self.child.wait_with_output().map_err(failed("storm"))?;
        succeeded("storm", &output)?;
        let elapsed_ns = String::from_utf8_lossy(&output.stdout).trim().parse().map_err(failed("storm"))?;
        Ok(Storm { parent, elapsed_ns, children: read_list(&self.list)? })
    }
}

/// The list that a storm wrote.
///
/// # Errors
/// When it can't be read or is none.
pub fn read_list(path: &Path) -> Measured<Vec<(u32, u8)>> {
    let text = fs::read_to_string(path).map_err(failed(path.display()))?;
    parse_list(&text).ok_or_else(|| format!("{} is no list", path.display()))
}

fn parse_list(text: &str) -> Option<Vec<(u32, u8)>> {
    let pair = |line: &str| {
        let (pid, code) = line.split_once(' ')?;
        Some((pid.parse().ok()?, code.parse().ok()?))
    };
    text.lines().map(pair).collect()
}

/// An error that says what a program told, unless it has succeeded.
pub(crate) fn succeeded(name: &str, output: &Output) -> Measured<()> {
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{name}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_whole_or_none() {
        assert_eq!(parse_list("7 3\n8 10\n"), Some(vec![(7, 3), (8, 10)]));
        assert_eq!(parse_list("7 3\n8"), None);
        assert_eq!(parse_list("7 300\n"), None, "no exit code");
        assert_eq!(parse_list(""), Some(Vec::new()));
    }

    #[test]
    fn storms_tell_of_every_child_and_of_the_time() {
        let storms = Storms::compile().unwrap();
        let cpu = crate::machine::cpus().unwrap()[0];
        let storm = storms.run(Kind::Vfork, Length::Processes(50), cpu).unwrap();
        assert_eq!(storm.children.len(), 50);
        assert!(
            storm.children.iter().enumerate().all(|(i, &(_, code))| usize::from(code) == (i * 7 + 3) & 0xff)
        );
        assert!(storm.cycle_ns() > 100.0);
        assert_eq!(storms.run(Kind::Spawn, Length::Processes(3), cpu).unwrap().children.len(), 3);
        let storm = storms.run(Kind::Vfork, Length::Seconds(1), cpu).unwrap();
        assert!((1_000_000_000..20_000_000_000).contains(&storm.elapsed_ns) && storm.children.len() > 100);
        assert!(storms.run(Kind::Vfork, Length::Processes(1), 100_000).is_err());
    }
}
