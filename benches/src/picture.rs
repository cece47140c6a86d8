//! A model full of the dead, and a screen that shows it.

use std::fs::File;
use std::io::{BufWriter, Read};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::thread;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use nix::fcntl::{OFlag, open};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::stat::Mode;
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use proctop::model::Model;
use proctop::model::event::Event;
use proctop::model::filter::Filter;
use proctop::ui::{Origin, Request, Scene, Ui, UiOptions};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustc_hash::FxHashMap;

use crate::mix::{Kind, Mix};
use crate::{Measured, failed};

/// The screen.
pub const AREA: Rect = Rect { x: 0, y: 0, width: 200, height: 50 };
/// Processes of a batch while it is filled.
const BATCH: usize = 8_000;
/// As proctop's own.
const BUFFER_BYTES: usize = 64 << 10;

/// A model that has given up some dead already, a stream to go on with, and what a scene needs.
pub struct Filled {
    /// All that is known.
    pub model: Model,
    /// What comes.
    pub mix: Mix,
    users: FxHashMap<u32, String>,
    zone: TimeZone,
}

impl Filled {
    /// Fills it with a build until so many dead are retained and the oldest are given up.
    pub fn with(history: usize) -> Self {
        let (mut model, mut mix) = (Model::new(history), Mix::new(Kind::Build));
        for event in &Mix::list() {
            model.apply(event);
        }
        while model.tree().evicted() < BATCH as u64 {
            mix.batch(BATCH).iter().for_each(|event| {
                model.apply(event);
            });
        }
        let users = [(0, "root".to_owned()), (1000, "dev".to_owned())].into_iter().collect();
        Self { model, mix, users, zone: TimeZone::UTC }
    }

    /// Takes in events.
    pub fn apply(&mut self, events: &[Event]) {
        for event in events {
            self.model.apply(event);
        }
    }

    /// The world as it is now.
    pub fn scene(&self) -> Scene<'_> {
        let now_ns = self.model.latest_ns();
        Scene {
            model: &self.model,
            now_ns,
            host: "vm",
            kernel: "6.18.0",
            users: &self.users,
            origin: Origin::Live,
            command: None,
            notice: None,
            failed_execs: false,
            pid_namespace: false,
            local: &self.zone,
            elapsed_ns: now_ns,
        }
    }
}

/// A view with a filter, in colour.
///
/// # Errors
/// When it is no filter.
pub fn view(filter: &str) -> Measured<Ui> {
    let no_names = |_: &str| None;
    let filter = Filter::parse(filter, &no_names).map_err(|_| format!("{filter} is no filter"))?;
    Ok(Ui::new(UiOptions { filter, ..UiOptions::default() }))
}

/// Brings a view up to date, and all that takes it long to its end.
pub fn settle(ui: &mut Ui, scene: &Scene<'_>) {
    ui.prepare(scene, AREA);
    while !ui.is_complete() {
        ui.go_on(scene);
    }
}

/// Types a key.
pub fn press(ui: &mut Ui, code: KeyCode, scene: &Scene<'_>) -> Request {
    ui.on_key(KeyEvent::new(code, KeyModifiers::NONE), scene)
}

/// A pseudo-terminal that somebody reads.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<File>>>,
}

impl Screen {
    /// Opens one, of the size of [`AREA`].
    ///
    /// # Errors
    /// When there is none.
    pub fn open() -> Measured<Self> {
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let master = posix_openpt(flags).map_err(failed("a pseudo-terminal"))?;
        grantpt(&master).and_then(|()| unlockpt(&master)).map_err(failed("a pseudo-terminal"))?;
        let name = PathBuf::from(ptsname_r(&master).map_err(failed("the terminal's name"))?);
        let slave = open(&name, flags, Mode::empty()).map_err(failed(name.display()))?;
        let mut modes = tcgetattr(&slave).map_err(failed("the terminal's modes"))?;
        cfmakeraw(&mut modes);
        tcsetattr(&slave, SetArg::TCSANOW, &modes).map_err(failed("the terminal's modes"))?;
        let mut master = File::from(OwnedFd::from(master));
        thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while matches!(master.read(&mut buffer), Ok(length) if length > 0) {}
        });
        let out = BufWriter::with_capacity(BUFFER_BYTES, File::from(slave));
        let options = TerminalOptions { viewport: Viewport::Fixed(AREA) };
        let terminal = Terminal::with_options(CrosstermBackend::new(out), options);
        Ok(Self { terminal: terminal.map_err(failed("a terminal"))? })
    }

    /// Brings the view up to date, draws it, and writes what has changed.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn show(&mut self, ui: &mut Ui, scene: &Scene<'_>) -> Measured<()> {
        ui.prepare(scene, AREA);
        self.terminal.draw(|frame| ui.draw(scene, frame)).map(drop).map_err(failed("a frame"))
    }
}
