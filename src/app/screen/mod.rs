//! The terminal UI at work: waits for events, keys, signals and the command at once, and draws when something changed,
//! at most thirty times a second.

mod failed;
mod feed;
mod input;
mod job;
mod picture;
mod terminal;

use std::io::{self, Write};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, select};
use crossterm::event::{Event as Input, KeyEventKind};
use nix::sys::signal::Signal;
use ratatui::Frame;
use ratatui::layout::Rect;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};

use super::error::Error;
use super::live::Live;
use super::{signals, verbose};
use crate::cli::{Open, Selection, Ui as UiInvocation};
use crate::command::Stdio;
use crate::model::event::{Event, WaitStatus, What};
use crate::model::scope::Scope;
use crate::provoke;
use crate::text;
use crate::tracer::{Message, Tracer, namespace};
use crate::ui::{ColourLevel, Request, Ui, UiOptions};
use failed::FailedExecs;
use job::Job;
use picture::{Picture, Recording};
use terminal::Screen;

/// The shortest time from one frame to the next.
const FRAME: Duration = Duration::from_millis(33);
/// How often ages on the screen are drawn anew.
const AGEING: Duration = Duration::from_millis(250);
/// When there is nothing to wait for but messages.
const LONG: Duration = Duration::from_secs(3600);
/// How long batches are taken in a row before keys and the screen have their turn.
const APPLYING: Duration = Duration::from_millis(10);
/// How long the last output of a command that has ended is waited for: after each piece, and in all.
const LAST_WORDS: Duration = Duration::from_millis(100);
const ALL_LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs the screen on the live kernel and returns the exit code.
pub(super) fn live(options: &UiInvocation) -> Result<u8, Error> {
    Screen::check()?;
    let live = Live::arm(&options.trace, options.selection.pid, true)?;
    let log_file = verbose::to_file(options.trace.verbose, live.owner())?;
    let mut ui = new_ui(&options.selection);
    let job = match options.trace.command.as_slice() {
        [] => None,
        command => {
            let (columns, lines) = crossterm::terminal::size().unwrap_or((80, 24));
            let (rows, cols) = ui.output_size(Rect::new(0, 0, columns, lines)).unwrap_or((lines, columns));
            let child = live.spawn(command, Stdio::Pty { rows, cols })?;
            Some(Job::new(command, child, (rows, cols)))
        }
    };
    live.drop_rights();
    let Live { tracer, source, scope, .. } = live;
    let mut picture = Picture::new(options.history, source, None, job);
    picture.failed_execs = FailedExecs::live(options.trace.failed_execs, options.trace.drop_all);
    if namespace::own().is_some() {
        picture.enter_pid_namespace();
    }
    picture.notice = log_file.map(|path| {
        format!("libbpf's messages go to {}", text::sanitise(path.as_os_str().as_encoded_bytes()))
    });
    let channels = Channels::new(tracer.messages.clone(), never(), picture.job.as_ref())?;
    let app = App {
        ui: &mut ui,
        picture,
        scope,
        tracer: Some(&tracer),
        screen: Screen::enter()?,
        ends_with_job: false,
        end: None,
    };
    let (app_end, picture) = app.run(channels)?;
    finish(app_end, picture, tracer)
}

/// Runs the screen on a recording and returns the exit code.
pub(super) fn open(options: &Open) -> Result<u8, Error> {
    let replay = feed::replay(&options.file)?;
    Screen::check()?;
    let mut ui = new_ui(&options.selection);
    let name = options.file.file_name().unwrap_or(options.file.as_os_str());
    let recording = Recording { name: name.to_string_lossy().into_owned(), note: None };
    let picture = Picture::new(options.history, replay.source, Some(recording), None);
    let scope = options.selection.pid.map_or_else(Scope::everything, Scope::subtree_of);
    let channels = Channels::new(replay.messages, replay.ending, None)?;
    let app = App {
        ui: &mut ui,
        picture,
        scope,
        tracer: None,
        screen: Screen::enter()?,
        ends_with_job: false,
        end: None,
    };
    let (end, _) = app.run(channels)?;
    Ok(match end {
        End::Signal(signal) => signal_code(signal),
        End::Quit | End::LeaveRunning => 0,
    })
}

fn new_ui(selection: &Selection) -> Ui {
    // https://no-color.org: any value but an empty one.
    let colourless = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
        Some((name, value.to_string_lossy().to_ascii_lowercase()))
    });
    Ui::new(UiOptions {
        filter: selection.combined(),
        min_duration_ns: selection.min_duration_ns.unwrap_or(0),
        ascii: locale.is_some_and(|(name, value)| !has_lines(name, &value)),
        colours: if colourless { ColourLevel::None } else { ColourLevel::Ansi },
    })
}

/// Whether terminals of this locale have characters to draw lines with. "C" mostly stands there because nobody chose a
/// locale, in containers for example, and says nothing of the terminal; in LC_ALL somebody has put it on purpose.
fn has_lines(name: &str, locale: &str) -> bool {
    let unchosen = matches!(locale, "c" | "posix") && name != "LC_ALL";
    unchosen || locale.contains("utf-8") || locale.contains("utf8")
}

/// 128 and the signal's number, as shells have it.
fn signal_code(signal: i32) -> u8 {
    u8::try_from(signal).map_or(1, |signal| 128 | signal)
}

/// Why the screen is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Quit,
    LeaveRunning,
    Signal(i32),
}

/// What is waited for.
struct Channels {
    messages: Receiver<Message>,
    replayed: Receiver<Option<String>>,
    input: Receiver<Input>,
    hang_up: Receiver<()>,
    signals: Receiver<i32>,
    ended: Receiver<WaitStatus>,
    output: Receiver<Vec<u8>>,
}

impl Channels {
    fn new(
        messages: Receiver<Message>,
        replayed: Receiver<Option<String>>,
        job: Option<&Job>,
    ) -> Result<Self, Error> {
        let (ended, output) = job.map_or_else(|| Ok((never(), never())), Job::channels)?;
        let signals = signals::listen(&[SIGINT, SIGTERM, SIGHUP, SIGTSTP])?;
        // The terminal is made raw before its keys are read; what was typed until then waits in the kernel.
        Ok(Self { messages, replayed, input: never(), hang_up: input::hang_up()?, signals, ended, output })
    }
}

struct App<'a> {
    ui: &'a mut Ui,
    picture: Picture,
    scope: Scope,
    /// Of a live run.
    tracer: Option<&'a Tracer>,
    screen: Screen,
    /// The user has asked to terminate the command and to end with it.
    ends_with_job: bool,
    end: Option<End>,
}

impl App<'_> {
    fn run(mut self, mut channels: Channels) -> Result<(End, Picture), Error> {
        channels.input = input::listen()?;
        self.draw()?;
        let mut drawn = Instant::now();
        let mut dirty = false;
        loop {
            if let Some(end) = self.end {
                return Ok((end, self.picture));
            }
            let is_right = self.ui.are_rows_complete();
            let patience = self.patience(dirty, drawn);
            if patience.is_zero() {
                self.draw()?;
                dirty = false;
                drawn = Instant::now();
                continue;
            }
            if self.ui.is_complete() {
                dirty |= self.wait(&mut channels, patience)?;
                continue;
            }
            // Keys that are there go first, and what takes long goes on between them.
            dirty |= self.wait(&mut channels, Duration::ZERO)?;
            self.ui.go_on(&self.picture.scene());
            if !is_right && self.ui.are_rows_complete() {
                self.draw()?;
                drawn = Instant::now();
            }
        }
    }

    /// How long the screen may stay as it is. Ages are drawn anew so long after the last frame, not after the last event:
    /// others' storms, of which nothing is shown, leave no pause.
    fn patience(&self, dirty: bool, drawn: Instant) -> Duration {
        let stays = match dirty {
            true => FRAME,
            false if self.ui.needs_ticks(&self.picture.scene()) => AGEING,
            false => LONG,
        };
        stays.saturating_sub(drawn.elapsed())
    }

    /// Waits for one thing and takes it in; true when the screen may have changed.
    fn wait(&mut self, channels: &mut Channels, patience: Duration) -> Result<bool, Error> {
        select! {
            recv(channels.messages) -> message => match message {
                Ok(message) => return self.on_messages(message, &channels.messages),
                Err(_) => channels.messages = never(),
            },
            recv(channels.replayed) -> note => {
                channels.replayed = never();
                if let Some(recording) = &mut self.picture.recording {
                    recording.note = note.ok().flatten();
                }
            }
            recv(channels.input) -> input => match input {
                Ok(input) => return self.on_input(input),
                // Without a keyboard nobody can end it.
                Err(_) => self.end = Some(End::Signal(SIGHUP)),
            },
            recv(channels.hang_up) -> _ => {
                channels.hang_up = never();
                self.end = Some(End::Signal(SIGHUP));
            }
            recv(channels.signals) -> signal => self.on_signal(signal.unwrap_or(SIGTERM))?,
            recv(channels.ended) -> status => {
                channels.ended = never();
                if let Some(job) = &mut self.picture.job {
                    job.on_end(status.unwrap_or_default());
                }
                if self.ends_with_job {
                    self.end = Some(End::Quit);
                }
            }
            recv(channels.output) -> bytes => match bytes {
                Ok(bytes) => {
                    if let Some(job) = &mut self.picture.job {
                        job.on_output(&bytes);
                    }
                }
                Err(_) => channels.output = never(),
            },
            default(patience) => {}
        }
        Ok(true)
    }

    /// True when the picture has changed by it.
    fn on_messages(&mut self, first: Message, more: &Receiver<Message>) -> Result<bool, Error> {
        let begun = Instant::now();
        let (mut has_changed, mut is_answered) = (false, false);
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Batch(events) => has_changed |= self.on_events(events)?,
                Message::FailedExecs(answer) => {
                    let said = self.picture.failed_execs.answered(&answer);
                    self.picture.answer(&said);
                    is_answered = true;
                }
                Message::Failed(reason) if self.picture.has_running_job() && !terminal::is_lost() => {
                    self.picture.fail(reason);
                    return Ok(true);
                }
                Message::Failed(reason) => return Err(Error::Tracing(reason)),
            }
            next = if begun.elapsed() < APPLYING { more.try_recv().ok() } else { None };
        }
        Ok(is_answered || (has_changed && !self.picture.is_frozen()))
    }

    /// True when any of it was about what is watched.
    fn on_events(&mut self, events: Vec<Event>) -> Result<bool, Error> {
        let is_populated = events.iter().any(|event| matches!(event.what, What::SnapshotEnd { .. }));
        let mut passed = Vec::with_capacity(events.len());
        self.scope.filter(events, &mut passed);
        if let Some(pid) = self.scope.wanted_pid().filter(|_| is_populated)
            && !self.scope.found_any()
        {
            return Err(Error::NoProcess(pid));
        }
        self.picture.apply(&passed);
        Ok(!passed.is_empty())
    }

    fn on_input(&mut self, input: Input) -> Result<bool, Error> {
        // Whoever presses a key has read the last answer.
        let was_answered = match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => self.picture.forget_answer(),
            _ => false,
        };
        let request = match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => {
                self.ui.on_key(key, &self.picture.scene())
            }
            Input::Paste(text) => self.ui.on_paste(&text, &self.picture.scene()),
            Input::Resize(..) => Request::Redraw,
            _ => Request::None,
        };
        let is_something = request != Request::None;
        self.fulfil(request)?;
        Ok(is_something || was_answered)
    }

    fn fulfil(&mut self, request: Request) -> Result<(), Error> {
        match request {
            Request::None | Request::Redraw => {}
            // Should the terminal be gone, the next frame tells.
            Request::Repaint => drop(self.screen.repaint()),
            Request::Quit => self.end = Some(End::Quit),
            Request::LeaveCommandRunning => self.end = Some(End::LeaveRunning),
            Request::Suspend => self.suspend()?,
            Request::ToggleFailedExecs => match (self.picture.failed_execs.toggle(), self.tracer) {
                (Ok(wanted), Some(tracer)) => tracer.watch_failed_execs(wanted),
                (Ok(_), None) => {}
                (Err(refusal), _) => self.picture.answer(refusal),
            },
            Request::Pause(paused) => self.picture.freeze(paused),
            Request::ToCommand(key) => self.with_job(|job| job.type_key(&key)),
            Request::PasteToCommand(text) => self.with_job(|job| job.paste(&text)),
            Request::TerminateCommand => {
                self.ends_with_job = true;
                self.with_job(Job::terminate);
                self.picture
                    .notice
                    .get_or_insert_with(|| "SIGTERM sent; if it stays, q and t again kill it".into());
            }
            Request::ScrollOutput(lines) => self.with_job(|job| {
                job.scroll(lines);
                Ok(())
            }),
        }
        Ok(())
    }

    /// Does something with the command; a refusal is shown.
    fn with_job(&mut self, act: impl FnOnce(&mut Job) -> Result<(), String>) {
        if let Some(job) = &mut self.picture.job {
            self.picture.notice = act(job).err();
        }
    }

    fn on_signal(&mut self, signal: i32) -> Result<(), Error> {
        if signal == SIGTSTP {
            return self.suspend();
        }
        if let (Some(job), Ok(signal)) = (&self.picture.job, Signal::try_from(signal)) {
            job.signal(signal);
        }
        self.end = Some(End::Signal(signal));
        Ok(())
    }

    fn suspend(&mut self) -> Result<(), Error> {
        self.screen.suspend().map_err(|error| Error::System { doing: "cannot take the terminal back", error })
    }

    fn draw(&mut self) -> Result<(), Error> {
        let area = self.screen.area();
        if let (Some(job), Some(size)) = (&mut self.picture.job, self.ui.output_size(area)) {
            job.resize(size);
        }
        let scene = self.picture.scene();
        self.ui.prepare(&scene, area);
        let paint = |frame: &mut Frame<'_>| {
            self.ui.draw(&scene, frame);
            provoke::panic_if_asked("ui");
        };
        match self.screen.draw(paint) {
            Ok(()) => Ok(()),
            // The terminal is gone, and with it whoever could be told.
            Err(_) => {
                self.end = Some(End::Signal(SIGHUP));
                Ok(())
            }
        }
    }
}

/// The screen is left. That the tracing had failed is told last.
fn finish(end: End, mut picture: Picture, tracer: Tracer) -> Result<u8, Error> {
    drop(tracer);
    let code = match picture.job.take() {
        Some(job) => leave(job, end)?,
        None => {
            if let End::Signal(signal) = end {
                signal_code(signal)
            } else {
                0
            }
        }
    };
    picture.failure.map_or(Ok(code), |reason| Err(Error::Tracing(reason)))
}

/// What the command printed stays on the terminal, and its exit code is ours.
fn leave(mut job: Job, end: End) -> Result<u8, Error> {
    gather_last_words(&mut job);
    // Nobody who reads it is no failure.
    let _ = job.print_output();
    match (end, job.exit_code()) {
        (_, Some(code)) => Ok(code),
        (End::Signal(signal), None) => Ok(signal_code(signal)),
        (End::Quit | End::LeaveRunning, None) => {
            let pid = job.pid();
            job.leave_running()
                .map_err(|error| Error::System { doing: "cannot leave the command", error })?;
            let _ = writeln!(
                io::stderr(),
                "proctop: the command runs on as process {pid}; what it prints from now on is lost"
            );
            Ok(0)
        }
    }
}

/// What the command printed and was not read yet.
fn gather_last_words(job: &mut Job) {
    let begun = Instant::now();
    while begun.elapsed() < ALL_LAST_WORDS {
        match job.read_output(LAST_WORDS) {
            Some(bytes) => job.on_output(&bytes),
            None => break,
        }
    }
}
