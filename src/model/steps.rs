//! How much the model had to do, for tests that hold that against the number of events.

/// Counts the steps of loops whose length a stream can choose. It does so in tests alone; otherwise it is nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steps {
    #[cfg(test)]
    taken: u64,
}

impl Steps {
    /// A loop took so many.
    pub(super) fn take(&mut self, steps: usize) {
        #[cfg(test)]
        {
            self.taken += steps as u64;
        }
        #[cfg(not(test))]
        let _ = steps;
    }

    #[cfg(test)]
    pub(super) fn taken(self) -> u64 {
        self.taken
    }
}
