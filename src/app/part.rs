//! What of a recording is wanted: all of it, or one process with its descendants.

use std::path::{Path, PathBuf};

use super::error::Error;
use crate::model::event::{Event, Source, What};
use crate::model::scope::Scope;
use crate::recording::{Ending, ReadError, Reader};

/// The most events that are held until the process begins that is wanted: beyond it the rest of the recording tells
/// whether it has that one. They are about no process, so that even a long recording has few.
const HELD_LIMIT: usize = 1 << 14;

/// A recording, narrowed to what is wanted.
pub(super) struct Part {
    path: PathBuf,
    reader: Reader,
    scope: Scope,
    /// What comes before anything that is still to be read.
    held: Vec<Event>,
}

impl Part {
    /// Opens a recording; with `pid` the first process in it with that pid and its descendants are wanted.
    ///
    /// # Errors
    /// When it can't be read, and when it has no such process.
    pub(super) fn open(path: &Path, pid: Option<u32>) -> Result<Self, Error> {
        let scope = pid.map_or_else(Scope::everything, Scope::recorded_subtree_of);
        let reader = Reader::open(path)?;
        let mut part = Self { path: path.to_owned(), reader, scope, held: Vec::new() };
        while part.misses_pid().is_some() && part.held.len() < HELD_LIMIT {
            let Some(mut events) = part.read()? else { return Err(part.not_recorded()) };
            // Those of nobody who is known.
            events.retain(|event| part.scope.found_any() || !matches!(event.what, What::Zombies(_)));
            part.held.append(&mut events);
        }
        Ok(part)
    }

    pub(super) fn source(&self) -> &Source {
        self.reader.source()
    }

    /// What comes next of it, `None` at the end.
    pub(super) fn next_block(&mut self) -> Result<Option<Vec<Event>>, ReadError> {
        if !self.held.is_empty() {
            return Ok(Some(std::mem::take(&mut self.held)));
        }
        self.read()
    }

    /// As [`Reader::ending`]; at the end, that the process was not found is an error.
    pub(super) fn ending(&self) -> Result<Option<Ending>, Error> {
        match self.reader.ending() {
            Some(_) if self.misses_pid().is_some() => Err(self.not_recorded()),
            ending => Ok(ending),
        }
    }

    fn read(&mut self) -> Result<Option<Vec<Event>>, ReadError> {
        let Some(events) = self.reader.next_block()? else { return Ok(None) };
        let mut passed = Vec::new();
        self.scope.filter(events, &mut passed);
        Ok(Some(passed))
    }

    /// Who is wanted, while nobody was found.
    fn misses_pid(&self) -> Option<u32> {
        self.scope.wanted_pid().filter(|_| !self.scope.found_any())
    }

    fn not_recorded(&self) -> Error {
        let pid = self.scope.wanted_pid().unwrap_or_default();
        Error::NotRecorded { pid, path: self.path.clone() }
    }
}
