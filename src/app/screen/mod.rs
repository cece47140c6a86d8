//! The terminal UI at work: waits for events, keys, signals and the command at once, and draws when something changed,
//! at most thirty times a second.

mod begin;
mod channels;
mod copied;
mod ending;
mod failed;
mod feed;
mod follow_up;
mod input;
mod job;
mod memory;
mod picture;
mod save;
mod state;
mod still;
mod terminal;
mod writer;

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, select};
use crossterm::event::{Event as Input, KeyEventKind, MouseEventKind};
use nix::sys::signal::Signal;
use ratatui::Frame;
use ratatui::layout::Rect;
use signal_hook::consts::{SIGHUP, SIGTERM, SIGTSTP};

use super::error::Error;
use super::live::{Live, invoking_user, owner};
use super::{history, verbose};
use crate::cli::{Open, Ui as UiInvocation};
use crate::command::Stdio;
use crate::model::event::{Event, What};
use crate::model::scope::Scope;
use crate::picture::Format;
use crate::provoke;
use crate::tracer::{Message, Tracer, namespace};
use crate::ui::{Request, Ui};
use begin::{Begun, begin};
use channels::Channels;
use ending::{finish, signal_code};
use failed::FailedExecs;
use job::Job;
use memory::Pending;
use picture::Picture;
use save::Saver;
use terminal::Screen;

/// The shortest time from one frame to the next.
const FRAME: Duration = Duration::from_millis(33);
/// How long until the terminal is looked at again that has not yet taken the former frame.
const UNREADY: Duration = Duration::from_millis(3);
/// When there is nothing to wait for but messages.
const LONG: Duration = Duration::from_secs(3600);
/// How long batches are taken in a row before keys and the screen have their turn.
const APPLYING: Duration = Duration::from_millis(10);
/// Runs the screen on the live kernel and returns the exit code.
pub(super) fn live(options: &UiInvocation) -> Result<u8, Error> {
    Screen::check()?;
    let Begun { mut ui, history, pending, mouse } = begin(&options.selection, options.look, options.history)?;
    // Before libbpf has anything to say: what is refused may be had another way, and is not for the terminal.
    let log_file = verbose::to_file(options.trace.verbose, invoking_user()?.as_ref().map(owner))?;
    let live = Live::arm(&options.trace, options.selection.pid, true)
        .inspect_err(|_| verbose::tell_file(log_file.as_deref()))?;
    let job = match options.trace.command.as_slice() {
        [] => None,
        command => {
            let (columns, lines) = crossterm::terminal::size().unwrap_or((80, 24));
            let (rows, cols) = ui.output_size(Rect::new(0, 0, columns, lines)).unwrap_or((lines, columns));
            let child = live.spawn(command, Stdio::Pty { rows, cols })?;
            Some(Job::new(command, child, (rows, cols)))
        }
    };
    let saver = Saver::start(Ok(live.owner()), state::directory(live.user()))?;
    live.drop_rights();
    let Live { tracer, source, scope, .. } = live;
    let mut picture = Picture::new(history::kept(history), source, None, job);
    picture.model.set_storm_threshold(options.storm);
    picture.failed_execs = FailedExecs::live(options.trace.failed_execs, options.trace.drop_all);
    if namespace::own().is_some() {
        picture.enter_pid_namespace();
    }
    picture.notice = log_file.as_deref().map(verbose::name_file);
    let channels = Channels::new(tracer.messages.clone(), never(), picture.job.as_ref(), &saver)?;
    let app = App {
        ui: &mut ui,
        picture,
        scope,
        tracer: Some(&tracer),
        saver,
        pending,
        screen: Screen::enter(mouse)?,
        copied: None,
        ends_with_job: false,
        end: None,
        tick: None,
    };
    let (app_end, picture) = app.run(channels)?;
    finish(app_end, picture, tracer)
}

/// Runs the screen on a recording and returns the exit code.
pub(super) fn open(options: &Open) -> Result<u8, Error> {
    if let Some(wanted) = &options.still {
        return still::draw(options, wanted);
    }
    let replay = feed::replay(&options.file, options.selection.pid)?;
    Screen::check()?;
    let Begun { mut ui, history, pending, mouse } = begin(&options.selection, options.look, options.history)?;
    let picture = Picture::recorded(options, history, replay.source)?;
    let user = invoking_user();
    let state = state::directory(user.as_ref().ok().and_then(Option::as_ref));
    let saver = Saver::start(user.map(|user| user.as_ref().map(owner)), state)?;
    let channels = Channels::new(replay.messages, replay.ending, None, &saver)?;
    let app = App {
        ui: &mut ui,
        picture,
        // What is not wanted of it is not read.
        scope: Scope::everything(),
        tracer: None,
        saver,
        pending,
        screen: Screen::enter(mouse)?,
        copied: None,
        ends_with_job: false,
        end: None,
        tick: None,
    };
    let (end, _) = app.run(channels)?;
    Ok(match end {
        End::Signal(signal) => signal_code(signal),
        End::Quit | End::LeaveRunning => 0,
    })
}

/// Why the screen is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Quit,
    LeaveRunning,
    Signal(i32),
}

struct App<'a> {
    ui: &'a mut Ui,
    picture: Picture,
    scope: Scope,
    /// Of a live run.
    tracer: Option<&'a Tracer>,
    saver: Saver,
    /// What is to be remembered.
    pending: Pending,
    screen: Screen,
    /// What was copied last.
    copied: Option<Vec<u8>>,
    /// The user has asked to terminate the command and to end with it.
    ends_with_job: bool,
    end: Option<End>,
    /// How long after the last frame something is otherwise by itself.
    tick: Option<Duration>,
}

impl App<'_> {
    fn run(mut self, mut channels: Channels) -> Result<(End, Picture), Error> {
        channels.input = input::listen()?;
        self.await_first(&channels.messages)?;
        self.draw()?;
        let mut drawn = Instant::now();
        let mut dirty = false;
        loop {
            if let Some(end) = self.end {
                self.pending.hand_to(&self.saver);
                self.saver.finish();
                return Ok((end, self.picture));
            }
            let is_right = self.ui.are_rows_complete();
            let patience = self.patience(dirty, drawn);
            if patience.is_zero() && !self.screen.is_ready() {
                dirty |= self.wait(&mut channels, UNREADY)?;
                continue;
            }
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
            if !is_right && self.ui.are_rows_complete() && self.screen.is_ready() {
                self.draw()?;
                drawn = Instant::now();
            }
        }
    }

    /// The first frame comes when there are processes to show: without them it would be one of nothing, and theirs a frame's
    /// time later. It does not wait longer than that.
    fn await_first(&mut self, messages: &Receiver<Message>) -> Result<(), Error> {
        let begun = Instant::now();
        while !self.picture.scene().model.is_populated() {
            match messages.recv_timeout(FRAME.saturating_sub(begun.elapsed())) {
                Ok(message) => self.on_messages(message, messages)?,
                Err(_) => break,
            };
        }
        Ok(())
    }

    /// How long the screen may stay as it is. Ages are drawn anew so long after the last frame, not after the last event:
    /// others' storms, of which nothing is shown, leave no pause.
    fn patience(&self, dirty: bool, drawn: Instant) -> Duration {
        let stays = match dirty {
            true => FRAME,
            false => self.tick.map_or(LONG, |tick| tick.max(FRAME)),
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
                Ok(input) => return self.on_inputs(input, &channels.input),
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
            recv(channels.saved) -> said => match said {
                Ok(said) => self.picture.answer(&said),
                Err(_) => channels.saved = never(),
            },
            default(patience) => self.pass_time(&channels.messages),
        }
        Ok(true)
    }

    /// Nothing has come for a while.
    fn pass_time(&mut self, messages: &Receiver<Message>) {
        // In this order: what was sent by then is either here or taken in.
        let reached_ns = self.tracer.map_or(0, Tracer::reached_ns);
        if messages.is_empty() {
            self.picture.pass_time(reached_ns);
        }
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
        let passed = narrow(&mut self.scope, events)?;
        self.picture.apply(&passed);
        self.ui.keep_up(&self.picture.scene());
        Ok(!passed.is_empty())
    }

    /// Of a drag only the last place counts of those that the mouse has been at meanwhile: along the bar of the time each
    /// would have everything laid out anew.
    fn on_inputs(&mut self, first: Input, more: &Receiver<Input>) -> Result<bool, Error> {
        let mut input = first;
        while is_drag(&input) {
            match more.try_recv() {
                Ok(next) if is_drag(&next) => input = next,
                Ok(next) => return Ok(self.on_input(input)? | self.on_input(next)?),
                Err(_) => break,
            }
        }
        self.on_input(input)
    }

    fn on_input(&mut self, input: Input) -> Result<bool, Error> {
        // Whoever presses a key has read the last answer.
        let was_answered = match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => self.picture.forget_answer(),
            _ => false,
        };
        let mut has_clicked = false;
        let request = match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => {
                self.ui.on_key(key, &self.picture.scene())
            }
            Input::Paste(text) => self.ui.on_paste(&text, &self.picture.scene()),
            Input::Mouse(event) => {
                let request = self.ui.on_mouse(event, self.screen.since_taken(), &self.picture.scene());
                // Where one has clicked counts what was on the screen then, the answer included.
                let is_click = matches!(event.kind, MouseEventKind::Down(_));
                has_clicked = is_click && self.picture.forget_answer();
                request
            }
            // Also where the size is what it was: a terminal that was smaller in between has lost what stood outside.
            Input::Resize(..) => Request::Repaint,
            _ => Request::None,
        };
        self.pending.gather(self.ui);
        self.pending.hand_to(&self.saver);
        let is_something = request != Request::None;
        self.fulfil(request)?;
        Ok(is_something || was_answered || has_clicked)
    }

    fn fulfil(&mut self, request: Request) -> Result<(), Error> {
        match request {
            Request::None | Request::Redraw => {}
            Request::Repaint => self.screen.repaint(),
            Request::Quit => self.end = Some(End::Quit),
            Request::Copy { what, text } => self.copy(what, text),
            Request::CopyRow(id) => self.copy_row(id),
            Request::WriteCopied => self.write_copied(),
            Request::Signal(id, signal) => self.signal(id, signal),
            Request::LeaveCommandRunning => self.end = Some(End::LeaveRunning),
            Request::Suspend => self.suspend()?,
            Request::ToggleFailedExecs => match (self.picture.failed_execs.toggle(), self.tracer) {
                (Ok(wanted), Some(tracer)) => tracer.watch_failed_execs(wanted),
                (Ok(_), None) => {}
                (Err(refusal), _) => self.picture.answer(refusal),
            },
            Request::SavePicture { name, format } => self.save(name, format),
            Request::Pause(paused) => self.picture.freeze(paused),
            Request::LookAt(instant) => self.picture.look_at(instant),
            Request::ToCommand(key) => self.with_job(|job| job.type_key(&key)),
            Request::PasteToCommand(text) => self.with_job(|job| job.paste(&text)),
            Request::TerminateCommand => {
                self.ends_with_job = true;
                self.with_job(Job::terminate);
                let sent = "SIGTERM sent; if it stays, {quit} and {terminate} again kill it";
                self.picture.notice.get_or_insert_with(|| self.ui.with_keys(sent));
            }
            Request::ScrollOutput(lines) => self.with_job(|job| {
                job.scroll(lines);
                Ok(())
            }),
        }
        Ok(())
    }

    /// Has the screen written as it is without the question for the name.
    fn save(&mut self, name: String, format: Format) {
        let (area, scene) = (self.screen.area(), self.picture.scene());
        self.ui.prepare(&scene, area);
        let drawn = format.draw(&still::screen(self.ui, &scene, area));
        if let Err(refusal) = self.saver.save(name, drawn) {
            self.picture.answer(refusal);
        }
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
        self.tick = self.ui.next_tick_ns(&scene).map(Duration::from_nanos);
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

fn is_drag(input: &Input) -> bool {
    matches!(input, Input::Mouse(event) if matches!(event.kind, MouseEventKind::Drag(_)))
}

/// What of the events is about what is watched.
fn narrow(scope: &mut Scope, events: Vec<Event>) -> Result<Vec<Event>, Error> {
    let is_populated = events.iter().any(|event| matches!(event.what, What::SnapshotEnd { .. }));
    let mut passed = Vec::with_capacity(events.len());
    scope.filter(events, &mut passed);
    match scope.wanted_pid().filter(|_| is_populated) {
        Some(pid) if !scope.found_any() => Err(Error::NoProcess(pid)),
        _ => Ok(passed),
    }
}
