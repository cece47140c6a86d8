//! A picture of a recording, without a terminal: `proctop open FILE --svg OUT`. The same screen as in a terminal, with the
//! same keys, at the recording's end, or at instants on the way there.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::picture::Picture;
use crate::app::error::Error;
use crate::app::part::Part;
use crate::app::{live, settings, stdout};
use crate::cli::{Open, Still};
use crate::config::Config;
use crate::model::event::Event;
use crate::picture::Film;
use crate::recording::{self, OutputFile, Reader, is_same_file};
use crate::text;
use crate::ui::{Request, Scene, Ui};

/// How long the last screen of an animation is shown at least.
const LAST: Duration = Duration::from_secs(4);
/// A whole animation without that: a longer recording is shown faster.
const LONGEST: Duration = Duration::from_secs(20);

/// Draws what is wanted of a recording, and returns the exit code.
pub(super) fn draw(options: &Open, wanted: &Still) -> Result<u8, Error> {
    let mut play = Play::begin(options, wanted)?;
    // Before the work, so that it is not in vain.
    let file = match &wanted.file {
        Some(path) if is_same_file(path, &options.file) => return Err(Error::OverRecording(path.clone())),
        Some(path) => Some(create(path)?),
        None if is_same_file(Path::new("/dev/stdout"), &options.file) => {
            return Err(Error::OverRecording(options.file.clone()));
        }
        None => None,
    };
    let drawn = if wanted.frames > 1 {
        let end_ns = end_of(&options.file)?;
        play.animated(wanted, end_ns)?
    } else {
        play.feed(u64::MAX)?;
        play.press(&wanted.keys)?;
        wanted.format.draw(&play.screen())
    };
    write(file, drawn.as_bytes())?;
    Ok(0)
}

/// The screen as a terminal of this size would show it now.
pub(super) fn screen(ui: &Ui, scene: &Scene<'_>, area: Rect) -> Buffer {
    // Nothing can fail where nothing is outside.
    let Ok(mut terminal) = Terminal::new(TestBackend::new(area.width, area.height));
    let Ok(frame) = terminal.draw(|frame| ui.draw(scene, frame));
    frame.buffer.clone()
}

/// A file to be written as whoever called, with its name for complaints.
fn create(path: &Path) -> Result<(OutputFile, String), Error> {
    let owner = live::invoking_user()?.as_ref().map(live::owner);
    let name = text::sanitise(path.as_os_str().as_encoded_bytes()).into_owned();
    Ok((recording::create(path, owner)?, name))
}

fn write(file: Option<(OutputFile, String)>, bytes: &[u8]) -> Result<(), Error> {
    match file {
        Some((mut file, to)) => {
            let written = file.begin().and_then(|()| file.write_all(bytes));
            stdout::unless_abandoned(written, to)
        }
        None => stdout::print(bytes),
    }
}

/// The time of the last event of a recording, in nanoseconds of the boot clock.
fn end_of(path: &Path) -> Result<u64, Error> {
    let mut reader = Reader::open(path)?;
    let mut end_ns = 0;
    while let Some(events) = reader.next_block()? {
        end_ns = events.iter().map(|event| event.time_ns).fold(end_ns, u64::max);
    }
    Ok(end_ns)
}

/// A recording that is played to a screen.
struct Play {
    part: Part,
    /// Read, and not shown yet.
    waiting: std::vec::IntoIter<Event>,
    picture: Picture,
    ui: Ui,
    area: Rect,
}

impl Play {
    fn begin(options: &Open, wanted: &Still) -> Result<Self, Error> {
        let (columns, rows) = wanted.size;
        let part = Part::open(&options.file, options.selection.pid)?;
        Ok(Self {
            waiting: Vec::new().into_iter(),
            picture: Picture::recorded(options, options.history, part.source().clone())?,
            ui: new_ui(options, wanted),
            area: Rect::new(0, 0, columns, rows),
            part,
        })
    }

    /// Takes in the events up to a time.
    fn feed(&mut self, until_ns: u64) -> Result<(), Error> {
        loop {
            while let Some(event) = self.waiting.as_slice().first() {
                if event.time_ns > until_ns {
                    return Ok(());
                }
                self.picture.apply(std::slice::from_ref(event));
                self.waiting.next();
            }
            let Some(events) = self.part.next_block()? else { break };
            self.waiting = events.into_iter();
        }
        if let (Some(recording), Some(ending)) = (&mut self.picture.recording, self.part.ending()?) {
            recording.note = (!ending.is_clean()).then(|| ending.to_string());
        }
        Ok(())
    }

    fn press(&mut self, keys: &[KeyEvent]) -> Result<(), Error> {
        self.ui.prepare(&self.picture.scene(), self.area);
        for &key in keys {
            self.picture.forget_answer();
            self.settle();
            match self.ui.on_key(key, &self.picture.scene()) {
                Request::SavePicture { .. } => {
                    return Err(Error::Keys("one of them writes a file; --svg does that"));
                }
                Request::Quit => return Err(Error::Keys("one of them quits; leave it out")),
                Request::LookAt(instant) => self.picture.look_at(instant),
                Request::ToggleFailedExecs => {
                    if let Err(refusal) = self.picture.failed_execs.toggle() {
                        self.picture.answer(refusal);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn screen(&mut self) -> Buffer {
        let scene = self.picture.scene();
        self.ui.prepare(&scene, self.area);
        while !self.ui.is_complete() {
            self.ui.go_on(&scene);
        }
        screen(&self.ui, &scene, self.area)
    }

    /// Nobody waits for a key: what takes long comes to its end.
    fn settle(&mut self) {
        let scene = self.picture.scene();
        while !self.ui.is_complete() {
            self.ui.go_on(&scene);
        }
    }

    /// Screens at equal distances up to the end. The keys are pressed at the first one.
    fn animated(&mut self, wanted: &Still, end_ns: u64) -> Result<String, Error> {
        let length_ns = end_ns.saturating_sub(self.picture.started_ns());
        let frames = u64::from(wanted.frames);
        let mut film = Film::default();
        for frame in 1..=frames {
            let part = u128::from(length_ns) * u128::from(frame) / u128::from(frames);
            let now_ns = self.picture.started_ns().saturating_add(u64::try_from(part).unwrap_or(u64::MAX));
            self.feed(if frame == frames { u64::MAX } else { now_ns })?;
            if let Some(recording) = &mut self.picture.recording {
                recording.now_ns = (frame < frames).then_some(now_ns);
            }
            if frame == 1 {
                self.press(&wanted.keys)?;
            }
            film.add(&self.screen());
        }
        let each = Duration::from_nanos(length_ns).min(LONGEST) / u32::from(wanted.frames);
        Ok(film.animation(each, LAST.max(each)))
    }
}

/// A picture has every colour and character, whatever the terminal has that it is called from, and is the same for every
/// user: no config file counts, but for the filters that its keys may name.
fn new_ui(options: &Open, wanted: &Still) -> Ui {
    let any_colour = |name: &str| (name == "COLORTERM").then(|| "truecolor".to_owned());
    let config = Config { filters: wanted.saved_filters.clone(), ..Config::default() };
    Ui::new(settings::ui_options(config, &options.selection, options.look, &any_colour))
}
