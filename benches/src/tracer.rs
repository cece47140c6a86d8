//! What runs beside a storm, or does not.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::children::bound;
use crate::kernel_side::attached_by;
use crate::machine::proctop;
use crate::peers::{Peer, Way};
use crate::storm::Storms;
use crate::support::{header_number, pty::Pty};
use crate::{Measured, failed};

/// How long a program may take to end.
const END: Duration = Duration::from_secs(20);
/// How long a proctop may take to watch.
const ARMED: Duration = Duration::from_secs(10);
/// The programs that it has attached then: at five tracepoints, and the list of processes.
const PROGRAMS: usize = 6;
/// After it was armed: snapshot and first frame are over.
pub const SETTLE: Duration = Duration::from_millis(150);
/// The screen of all measurements.
pub const COLUMNS: u16 = 200;
/// Its height.
pub const ROWS: u16 = 50;
/// A shell that sees a tracefs of its own where the machine has none mounted, as many peers want one, and becomes the program.
const WITH_TRACEFS: &str =
    "[ -e /sys/kernel/tracing/events ] || mount -t tracefs none /sys/kernel/tracing; exec \"$@\"";

/// What runs beside a storm.
#[derive(Clone, Copy, Debug)]
pub enum Variant {
    /// Nothing.
    Alone,
    /// Nothing, once more: the noise.
    Again,
    /// `proctop` in a terminal.
    Ui,
    /// `proctop log`.
    Log,
    /// `proctop log --format json`.
    Json,
    /// `proctop record`.
    Record,
    /// Another program.
    Peer(&'static Peer),
}

impl Variant {
    /// All but the peers.
    pub const OWN: [Self; 6] = [Self::Alone, Self::Again, Self::Ui, Self::Log, Self::Json, Self::Record];

    /// Its name in samples and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Again => "alone again",
            Self::Ui => "proctop",
            Self::Log => "proctop log",
            Self::Json => "proctop log --format json",
            Self::Record => "proctop record",
            Self::Peer(peer) => peer.name,
        }
    }

    /// Whether it is proctop.
    pub fn is_own(self) -> bool {
        matches!(self, Self::Ui | Self::Log | Self::Json | Self::Record)
    }
}

/// A program that watches.
pub enum Tracer {
    /// Without a terminal.
    Plain(Plain),
    /// In one that reads what is drawn.
    Screen(Box<Pty>),
}

/// A program whose output goes to a file, or nowhere.
pub struct Plain {
    child: Child,
    output: Option<PathBuf>,
    errors: PathBuf,
}

impl Tracer {
    /// Starts it and waits until it watches. `None` where nothing is to run, or where the storm is run by the tracer itself.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(variant: Variant, storms: &Storms) -> Measured<Option<Self>> {
        let recording = storms.place("storm.ptop");
        let tracer = match variant {
            Variant::Alone | Variant::Again => return Ok(None),
            Variant::Ui => Self::screen(),
            Variant::Log => Self::own(&["log"], storms)?,
            Variant::Json => Self::own(&["log", "--format", "json"], storms)?,
            Variant::Record => Self::own(&["record", "-o", &recording.to_string_lossy()], storms)?,
            Variant::Peer(peer) if peer.way == Way::Around => return Ok(None),
            Variant::Peer(peer) => return Self::peer(peer, storms).map(Some),
        };
        tracer.wait_until_armed()?;
        Ok(Some(tracer))
    }

    /// proctop in a terminal; it may not watch yet.
    pub fn screen() -> Self {
        Self::Screen(Box::new(Pty::start(&own_command(&[]), COLUMNS, ROWS)))
    }

    fn own(arguments: &[&str], storms: &Storms) -> Measured<Self> {
        let errors = storms.place("errors");
        Plain::start(&own_command(arguments), None, errors).map(Self::Plain)
    }

    fn peer(peer: &Peer, storms: &Storms) -> Measured<Self> {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", WITH_TRACEFS, "sh", peer.program]).args(peer.arguments);
        let plain = Plain::start(&command, Some(storms.place("output")), storms.place("errors"))?;
        let mut tracer = Self::Plain(plain);
        thread::sleep(Duration::from_millis(peer.start_ms));
        match tracer.has_ended() {
            false => Ok(tracer),
            true => Err(format!("it ended at once: {}", tracer.last_words())),
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        match self {
            Self::Plain(plain) => plain.child.id(),
            Self::Screen(pty) => pty.pid(),
        }
    }

    /// Waits until proctop watches.
    ///
    /// # Errors
    /// When it ended, or took too long.
    pub fn wait_until_armed(&self) -> Measured<()> {
        match self {
            Self::Screen(pty) => pty.wait_for(|screen| header_number(screen, "lost").is_some(), ARMED),
            Self::Plain(_) => {
                let begun = Instant::now();
                while attached_by(self.pid())? < PROGRAMS {
                    if begun.elapsed() > ARMED {
                        return Err(format!("proctop does not watch: {}", self.last_words()));
                    }
                    thread::sleep(Duration::from_millis(10));
                }
            }
        }
        thread::sleep(SETTLE);
        Ok(())
    }

    fn has_ended(&mut self) -> bool {
        match self {
            Self::Plain(plain) => !matches!(plain.child.try_wait(), Ok(None)),
            Self::Screen(_) => false,
        }
    }

    /// The last line that it wrote to the standard error, or else to the standard output.
    fn last_words(&self) -> String {
        let Self::Plain(plain) = self else { return String::new() };
        let texts = [Some(&plain.errors), plain.output.as_ref()].into_iter().flatten();
        let texts =
            texts.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned());
        texts.filter_map(|text| last_line(&text)).next().unwrap_or_else(|| "it said nothing".into())
    }

    /// Ends it; returns all that it wrote.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(self) -> Measured<String> {
        match self {
            Self::Screen(mut pty) => {
                pty.send("q");
                pty.wait_exit(END);
                Ok(pty.screen_text())
            }
            Self::Plain(plain) => plain.stop(),
        }
    }
}

/// proctop, as one who is root himself starts it and has configured nothing.
pub fn own_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(proctop());
    command.args(arguments).env("LC_ALL", "C.UTF-8").env("TZ", "UTC").env("XDG_CONFIG_HOME", "/nonexistent");
    for name in ["SUDO_UID", "SUDO_GID", "SUDO_USER", "LANG"] {
        command.env_remove(name);
    }
    command
}

fn last_line(text: &str) -> Option<String> {
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    Some(line.trim().chars().take(200).collect())
}

impl Plain {
    fn start(command: &Command, output: Option<PathBuf>, errors: PathBuf) -> Measured<Self> {
        let to = |path: &PathBuf| File::create(path).map_err(failed(path.display()));
        let stdout = output.as_ref().map_or(Ok(Stdio::null()), |path| to(path).map(Stdio::from))?;
        let mut bound = bound(command);
        bound.stdin(Stdio::null()).stdout(stdout).stderr(to(&errors)?);
        let child = bound.spawn().map_err(failed("setpriv (util-linux)"))?;
        Ok(Self { child, output, errors })
    }

    fn stop(mut self) -> Measured<String> {
        let pid = i32::try_from(self.child.id()).map_err(failed("a pid"))?;
        let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
        let begun = Instant::now();
        while self.child.try_wait().map_err(failed("waiting"))?.is_none() {
            if begun.elapsed() > END {
                return Err("it does not end".into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        let paths = self.output.iter().chain([&self.errors]);
        let texts =
            paths.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned());
        Ok(texts.collect())
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // an error means that it has ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
