//! What keys can ask for.

/// Something to do, whatever key it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Action {
    Up,
    Down,
    HalfPageUp,
    HalfPageDown,
    PageUp,
    PageDown,
    First,
    LiveEnd,
    /// Fold, or go to the parent.
    Left,
    /// Unfold, or go to the first child.
    Right,
    ToggleFold,
    Fold,
    Unfold,
    FoldAll,
    NextPane,
    PreviousPane,
    Details,
    EditFilter,
    EditComm,
    EditMinDuration,
    Search,
    SearchNext,
    SearchPrevious,
    HideExited,
    KernelThreads,
    FailedExecs,
    /// To whoever ended the process.
    Killer,
    /// What can be done with the process.
    Menu,
    /// Ask which signal to send.
    SendSignal,
    ByComm,
    ByParent,
    ByUser,
    ByCgroup,
    BySubtree,
    ToParent,
    ToChild,
    /// To its latest exec in the log.
    ToExec,
    CopyCommand,
    CopyPid,
    CopyPath,
    /// The row as JSON.
    CopyRow,
    /// What was copied last, into a file.
    WriteCopied,
    Follow,
    Pause,
    Output,
    GiveKeyboard,
    TakeKeyboard,
    Help,
    /// Close what lies on top, else end the search, else clear the filters.
    Back,
    Quit,
    Suspend,
    Repaint,
    Accept,
    Complete,
    CompleteBack,
    /// The next above: of a list, or of what was typed before.
    Older,
    Newer,
    Cancel,
    Terminate,
    LeaveRunning,
}
