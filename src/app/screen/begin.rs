//! How the screen begins: the user's settings and what is remembered of former runs.

use crossterm::style::force_color_output;

use super::memory::{Memory, Pending};
use super::state;
use crate::app::error::Error;
use crate::app::live::{invoking_user, owner};
use crate::app::settings;
use crate::cli::{LookOptions, Selection};
use crate::ui::{ColourLevel, Ui};

/// What a screen begins with.
pub(super) struct Begun {
    pub(super) ui: Ui,
    /// How many ended processes are to be kept, if anybody says so.
    pub(super) history: Option<usize>,
    pub(super) pending: Pending,
    /// Whether clicks and the like are to be told.
    pub(super) mouse: bool,
}

/// Reads what the user has set and what is remembered.
pub(super) fn begin(
    selection: &Selection,
    look: LookOptions,
    history: Option<usize>,
) -> Result<Begun, Error> {
    let config = settings::load()?;
    let mouse = !config.without_mouse;
    let memory = remembered();
    let history = history.or(config.history);
    let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let mut options = settings::ui_options(config, selection, look, &variable);
    options.typed.clone_from(&memory.typed);
    options.orientation = memory.is_first;
    // The library that writes to the terminal looks at NO_COLOR itself, which does not count where colours are asked for.
    force_color_output(options.look.colours != ColourLevel::None);
    let ui = Ui::new(options);
    Ok(Begun { pending: Pending::new(&memory, &ui), ui, history, mouse })
}

/// Of who called; of somebody who can't be told, nothing.
fn remembered() -> Memory {
    let Ok(user) = invoking_user() else { return Memory::default() };
    Memory::read(state::directory(user.as_ref()).as_deref(), user.as_ref().map(owner))
}
