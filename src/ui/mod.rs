//! The terminal interface: what to draw comes from the model and the view's state, keys become actions through one
//! table. Pure: no clock, no I/O, no terminal; all of that arrives with a [`Scene`] and leaves as a [`Request`].

mod scene;
mod theme;
mod view;

pub use scene::{CommandView, Origin, Outcome, Scene};
pub use theme::ColourLevel;
pub use view::{Request, Ui, UiOptions};
