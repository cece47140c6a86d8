//! Watching for storms: what the model tells them of, and what it writes into its log of them.

use std::sync::Arc;

use super::Model;
use super::event::{Event, What};
use super::log::Other;
use super::process::NodeKey;
use super::storm::{Storms, Threshold};

impl Model {
    /// Counts what began and ended, once the tree knows of it and before it forgets any.
    pub(super) fn watch_for_storms(&mut self, event: &Event, about: Option<NodeKey>) {
        self.end_storms(self.latest_ns);
        match (&event.what, about) {
            (What::Fork(_), Some(key)) => self.storms.born(&self.tree, key, event.time_ns),
            (What::Exec(_), Some(key)) => self.storms.executed(&self.tree, key, event.time_ns),
            (What::Exit(_), Some(key)) => self.storms.ended(&self.tree, key),
            (What::End(_), _) => self.storms.look(&self.tree),
            _ => {}
        }
        for &key in &self.concluded {
            self.storms.ended(&self.tree, key);
        }
    }

    /// Without any event, time has passed up to `now_ns` (boot clock), and no fork that is older is still to come: a
    /// storm may have begun or be over. True when the log has another line for that.
    pub fn pass_time(&mut self, now_ns: u64) -> bool {
        self.in_the_present(|model| model.end_storms(now_ns))
    }

    fn end_storms(&mut self, now_ns: u64) -> bool {
        let mut has_news = false;
        while let Some(report) = self.storms.pass(&self.tree, now_ns) {
            has_news = true;
            self.version += 1;
            let subject = report.culprit.unwrap_or_default();
            self.write_line(now_ns, None, &subject, Other::Storm(Arc::new(report)));
        }
        has_news
    }

    /// Storms, and who starts most.
    pub fn storms(&self) -> &Storms {
        &self.storms
    }

    /// Storms are found by this from now on.
    pub fn set_storm_threshold(&mut self, threshold: Threshold) {
        self.storms.set_threshold(threshold);
    }
}
