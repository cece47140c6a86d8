//! What libbpf says: kept for error messages, and written out for `--verbose`.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use libbpf_rs::{PrintLevel, set_print};

const KEPT: usize = 4;

static STATE: Mutex<State> = Mutex::new(State { warnings: VecDeque::new(), sink: None });

struct State {
    warnings: VecDeque<String>,
    sink: Option<Box<dyn Write + Send>>,
}

/// Routes libbpf's output: all of it to `sink` where there is one, its warnings into memory in any case. Nothing
/// reaches the terminal behind the back of whoever owns it.
pub fn listen(sink: Option<Box<dyn Write + Send>>) {
    let level = if sink.is_some() { PrintLevel::Debug } else { PrintLevel::Warn };
    STATE.lock().unwrap_or_else(PoisonError::into_inner).sink = sink;
    set_print(Some((level, hear)));
}

/// The last warnings, the most telling part of what libbpf said about a failure.
pub(super) fn last_warnings() -> String {
    let state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    state.warnings.iter().map(|line| line.trim()).collect::<Vec<_>>().join("; ")
}

fn hear(level: PrintLevel, message: String) {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sink) = state.sink.as_mut() {
        // A full disk under a debug log is no reason to stop tracing.
        let _ = sink.write_all(message.as_bytes());
    }
    if matches!(level, PrintLevel::Warn) {
        if state.warnings.len() == KEPT {
            state.warnings.pop_front();
        }
        state.warnings.push_back(message.chars().take(200).collect());
    }
}
