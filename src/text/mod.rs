//! Untrusted bytes made safe to show, and the small formats that every output shares: pure functions of their
//! arguments, without a clock, a terminal or a look-up.

pub mod facts;
pub mod names;
pub mod quote;
pub mod sanitise;
pub mod time;
pub mod units;
pub mod width;

pub use names::{errno_meaning, errno_name, tty_name};
pub use quote::{push_args, quote_args};
pub use sanitise::sanitise;
pub use time::{Stamps, time_of_day, wall_time};
pub use units::{bytes, count, duration, rate, signal_name, status};
pub use width::{Align, fit, pad, truncate, width};
