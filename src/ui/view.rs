//! The view's state as a whole, and its boundary to the application.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::scene::Scene;
use super::theme::ColourLevel;
use crate::model::filter::Filter;

/// How the view begins.
#[derive(Clone, Debug, Default)]
pub struct UiOptions {
    /// The filter that is in force at first.
    pub filter: Filter,
    /// The minimum duration that is in force at first, in nanoseconds.
    pub min_duration_ns: u64,
    /// Draw with ASCII characters only.
    pub ascii: bool,
    /// The colours that may be used.
    pub colours: ColourLevel,
}

/// What the application has to do after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Nothing; the screen stays as it is.
    None,
    /// Draw anew.
    Redraw,
    /// Clear the terminal and draw everything anew.
    Repaint,
    /// End. Asked for only when no command runs.
    Quit,
    /// Give the terminal back and stop, as Ctrl-Z does.
    Suspend,
    /// From now on give frozen scenes (true) or current ones again (false).
    Pause(bool),
    /// Hand this key to the command's terminal.
    ToCommand(KeyEvent),
    /// Hand this text to the command's terminal as a paste.
    PasteToCommand(String),
    /// Scroll the command's output by so many lines, back where positive.
    ScrollOutput(i32),
    /// Terminate the command, then end.
    TerminateCommand,
    /// End and let the command run on.
    LeaveCommandRunning,
}

/// All state of the view.
#[derive(Debug)]
pub struct Ui {
    options: UiOptions,
}

impl Ui {
    /// A view of everything that the options let through.
    pub fn new(options: UiOptions) -> Self {
        Self { options }
    }

    /// Takes in a key and tells what the application has to do.
    pub fn on_key(&mut self, key: KeyEvent, _scene: &Scene<'_>) -> Request {
        if key.code == KeyCode::Char('q') { Request::Quit } else { Request::None }
    }

    /// Takes in pasted text.
    pub fn on_paste(&mut self, _text: &str, _scene: &Scene<'_>) -> Request {
        Request::None
    }

    /// Brings everything that is computed from the scene up to date. To be called before [`Ui::draw`].
    pub fn prepare(&mut self, _scene: &Scene<'_>, _area: Rect) {}

    /// Draws; changes nothing.
    pub fn draw(&self, scene: &Scene<'_>, frame: &mut Frame<'_>) {
        frame.render_widget(scene.model.seen().to_string(), frame.area());
        let _ = self.options.ascii;
    }

    /// The rows and columns that the command's terminal should have on a screen of this size.
    pub fn output_size(&self, area: Rect) -> Option<(u16, u16)> {
        (!area.is_empty()).then_some((area.height, area.width))
    }

    /// Whether something on the screen changes with time alone: then it is to be drawn several times a second.
    pub fn needs_ticks(&self, scene: &Scene<'_>) -> bool {
        !scene.is_over()
    }
}
