//! The terminal interface: what to draw comes from the model and the view's state, keys become actions through one
//! table. Pure: no clock, no I/O, no terminal; all of that arrives with a [`Scene`] and leaves as a [`Request`].
//!
//! `view` holds the state and is the boundary, `update` and `edit` perform actions on it, `draw` shows it. Every pane has a file that draws it
//! and, where it has a state of its own, one for that; no pane knows another. Whatever is not ours is made safe by
//! [`crate::text::sanitise`] where it becomes text, in `command_text` mostly. All styles are in `theme`; `look` decides which of
//! them a terminal gets.

mod action;
mod ascii;
mod bindings;
mod columns;
mod command_cell;
mod command_text;
mod completion;
mod culprit;
mod depth;
mod details;
mod details_pane;
mod draw;
mod edit;
mod failures;
mod filter_bar;
mod filters;
mod flash;
mod follow_up;
mod footer;
mod guides;
mod header;
mod help;
mod history;
mod instant;
mod key_text;
mod keymap;
mod keys;
mod killer;
mod layout;
mod log_pane;
mod log_view;
mod look;
mod marks;
mod menu;
mod mode;
mod mouse;
mod notice;
mod orientation;
mod output_pane;
mod paint;
mod places;
mod prompt;
mod question;
mod rebind;
mod rows;
mod save;
mod scene;
mod scrub;
mod search;
mod storm_banner;
mod storms;
mod table;
#[cfg(test)]
mod tests;
mod theme;
mod ticks;
mod timeline;
mod travel;
mod tree_pane;
mod tree_view;
mod update;
mod view;
mod views;
mod window;

pub use depth::ColourLevel;
pub use flash::Flash;
pub use key_text::parse_keys;
pub use keymap::Keymap;
pub use look::{Look, LookChoice, ThemeChoice, When};
pub use rebind::{KeyMistake, KeyRow, KeySection};
pub use scene::{CommandView, Origin, Outcome, Scene};
pub use table::TableColumns;
pub use theme::ThemeName;
pub use view::{Request, Ui, UiOptions};
