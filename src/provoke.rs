//! Panics on demand, so that tests can see what one leaves behind: nothing from outside can cause any.
//!
//! In builds with debug assertions only. A release build has nothing of this: who may run proctop by sudo must not be
//! able to steer it by a variable.

/// The variable that asks for a panic: `PLACE FILE`, where PLACE is `ui` (while a frame is drawn) or `tracer` (in its
/// thread). It comes as soon as FILE exists, so that a test can choose the moment.
#[cfg(debug_assertions)]
const VARIABLE: &str = "PROCTOP_PANIC";

/// Panics if that was asked for here.
#[cfg(debug_assertions)]
pub(crate) fn panic_if_asked(place: &str) {
    use std::sync::OnceLock;
    static ASKED: OnceLock<Option<String>> = OnceLock::new();

    let asked = ASKED.get_or_init(|| std::env::var(VARIABLE).ok()).as_deref();
    if let Some((at, file)) = asked.and_then(|asked| asked.split_once(' '))
        && at == place
    {
        assert!(!std::path::Path::new(file).exists(), "{VARIABLE} asks for it: {place}");
    }
}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub(crate) const fn panic_if_asked(_place: &str) {}
