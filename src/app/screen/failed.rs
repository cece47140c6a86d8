//! Failed execs on the screen: whether they are wanted, whether they are told, and what the user hears of that.

use crate::tracer::Way;

/// The state of the switch.
pub(super) enum FailedExecs {
    /// Of a recording.
    Recorded,
    /// Of a live run.
    Live {
        /// The user wants them.
        wanted: bool,
        /// The tracer tells them.
        told: bool,
        /// The rights to switch them on were given up at the start.
        drop_all: bool,
    },
}

impl FailedExecs {
    /// Of a live run at its start.
    pub(super) const fn live(wanted: bool, drop_all: bool) -> Self {
        Self::Live { wanted, told: false, drop_all }
    }

    /// Whether the tracer tells them.
    pub(super) const fn are_told(&self) -> bool {
        matches!(self, Self::Live { told: true, .. })
    }

    /// The user throws the switch: what the tracer is to be asked.
    ///
    /// # Errors
    /// Why nobody is to be asked, for the user.
    pub(super) fn toggle(&mut self) -> Result<bool, &'static str> {
        match self {
            Self::Recorded => {
                Err("a recording holds what was recorded: failed execs are in it if it was made with -x")
            }
            Self::Live { wanted: false, drop_all: true, .. } => Err(
                "failed execs can't be switched on: --drop-all gave up the rights to do that; -x has them \
                 from the start",
            ),
            Self::Live { wanted, .. } => {
                *wanted = !*wanted;
                Ok(*wanted)
            }
        }
    }

    /// The tracer has answered: what the user is told.
    pub(super) fn answered(&mut self, answer: &Result<Option<Way>, String>) -> String {
        if let Self::Live { wanted, told, .. } = self {
            *told = matches!(answer, Ok(Some(_)));
            *wanted &= answer.is_ok();
        }
        match (answer, self) {
            (Ok(Some(way)), _) => format!("failed execs are told, seen {}", way.describe()),
            (Ok(None), Self::Live { drop_all: true, .. }) => {
                "failed execs are no longer told; with --drop-all they can't be switched on again".to_owned()
            }
            (Ok(None), _) => "failed execs are no longer told".to_owned(),
            (Err(reason), _) => {
                format!("failed execs can't be told: {reason}; 'proctop doctor' says why")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_goes_on_and_off_and_a_refusal_puts_it_back() {
        let mut execs = FailedExecs::live(false, false);
        assert_eq!(execs.toggle(), Ok(true));
        assert!(!execs.are_told(), "not before the answer");
        assert!(execs.answered(&Ok(Some(Way::SystemCalls))).contains("all system calls"));
        assert!(execs.are_told());
        assert_eq!(execs.toggle(), Ok(false));
        assert_eq!(execs.answered(&Ok(None)), "failed execs are no longer told");
        assert!(!execs.are_told());
        assert_eq!((execs.toggle(), execs.toggle()), (Ok(true), Ok(false)), "pressed twice before an answer");
        assert_eq!(execs.toggle(), Ok(true));
        let refusal = execs.answered(&Err("not permitted".to_owned()));
        assert!(refusal.contains("not permitted") && refusal.contains("doctor"), "{refusal}");
        assert!(!execs.are_told());
        assert_eq!(execs.toggle(), Ok(true), "it was off again");
    }

    #[test]
    fn who_gave_the_rights_up_can_only_switch_off() {
        let mut execs = FailedExecs::live(true, true);
        execs.answered(&Ok(Some(Way::Fexit)));
        assert_eq!(execs.toggle(), Ok(false));
        assert!(execs.answered(&Ok(None)).contains("--drop-all"));
        assert!(execs.toggle().is_err_and(|notice| notice.contains("--drop-all")));
        assert!(FailedExecs::Recorded.toggle().is_err_and(|notice| notice.contains("recording")));
        assert!(!FailedExecs::Recorded.are_told());
    }
}
