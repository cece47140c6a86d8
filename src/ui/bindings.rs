//! The one table of keys: it decides what a key does, and the help screen and the footer are made from it.

mod timeline;

use crossterm::event::KeyCode;

use super::action::Action;
use super::keymap::Context::{
    Always, Help as InHelp, Keyboard, Leaving, Menu, Panes, Prompt, Signals, Storms, Sure, Tree,
};
use super::keymap::{Binding, Group, Needs};
use super::keys::Key;

/// All rows of the table. The first binding that matches counts; the footer shows them in this order.
pub(super) fn all() -> impl Iterator<Item = &'static Binding> {
    timeline::BINDINGS.iter().chain(BINDINGS)
}

/// Those of no view of its own.
const BINDINGS: &[Binding] = &[
    Binding::new(Panes, Group::Program, &[Key::char('?'), Key::of(KeyCode::F(1))], Action::Help, "This help")
        .short("Help"),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('/'), Key::char('\\'), Key::of(KeyCode::F(4))],
        Action::EditFilter,
        "Filter as you type, e.g. comm:cc1 exit!=0 user=root",
    )
    .short("Filter"),
    Binding::new(
        Panes,
        Group::Searching,
        &[Key::of(KeyCode::F(3))],
        Action::Search,
        "Search as you type, in the tree or in the log",
    )
    .short("Find"),
    Binding::new(
        Panes,
        Group::Searching,
        &[Key::char('n')],
        Action::SearchNext,
        "To the next match of the search, else of the filter; {back} ends them",
    )
    .short("Next")
    .needs(Needs::Search),
    Binding::new(Panes, Group::Searching, &[Key::char('N')], Action::SearchPrevious, "To the match before")
        .short("Previous")
        .needs(Needs::Search),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('x')],
        Action::HideExited,
        "Hide the exited, or show them",
    ),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('K')],
        Action::KernelThreads,
        "Show kernel threads, or hide them",
    ),
    Binding::new(Panes, Group::Panes, &[Key::of(KeyCode::Tab)], Action::NextPane, "To the next pane")
        .short("Pane"),
    Binding::new(
        Panes,
        Group::Panes,
        &[Key::of(KeyCode::BackTab)],
        Action::PreviousPane,
        "To the pane before",
    ),
    Binding::new(
        Panes,
        Group::Panes,
        &[Key::of(KeyCode::Enter)],
        Action::Details,
        "Details of the selected process; in the log, of the line's",
    )
    .short("Details"),
    Binding::new(
        Panes,
        Group::Row,
        &[Key::char('m')],
        Action::Menu,
        "Menu of what can be done with the selected process, by these keys",
    )
    .short("Menu"),
    Binding::new(Panes, Group::Panes, &[Key::char('o')], Action::Output, "The command's output, or the log")
        .short("Output")
        .needs(Needs::Command),
    Binding::new(Panes, Group::Showing, &[Key::char('Z')], Action::Pause, "Pause: the picture stands still")
        .short("Pause")
        .needs(Needs::Live),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('c')],
        Action::EditComm,
        "Only processes whose comm contains a text",
    )
    .short("Comm"),
    Binding::new(
        Panes,
        Group::Command,
        &[Key::char('i')],
        Action::GiveKeyboard,
        "Give the command the keyboard; {take-keyboard} takes it back",
    )
    .short("Type")
    .needs(Needs::Command),
    Binding::new(Tree, Group::Folding, &[Key::char(' ')], Action::ToggleFold, "Fold or unfold").short("Fold"),
    Binding::new(Tree, Group::Folding, &[Key::char('-')], Action::Fold, "Fold"),
    Binding::new(Tree, Group::Folding, &[Key::char('+'), Key::char('=')], Action::Unfold, "Unfold"),
    Binding::new(
        Tree,
        Group::Folding,
        &[Key::char('*')],
        Action::FoldAll,
        "Fold everything; again: unfold everything",
    ),
    Binding::new(
        Tree,
        Group::Folding,
        &[Key::of(KeyCode::Left), Key::char('h')],
        Action::Left,
        "Fold, or go to the parent",
    ),
    Binding::new(
        Tree,
        Group::Folding,
        &[Key::of(KeyCode::Right), Key::char('l')],
        Action::Right,
        "Unfold, or go to the first child",
    ),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('F')],
        Action::Follow,
        "Keep the selected process in the middle",
    )
    .short("Follow"),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('X')],
        Action::FailedExecs,
        "Tell failed execs, too, or no more (-x)",
    )
    .short("Failed-execs"),
    Binding::new(Panes, Group::Moving, &[Key::of(KeyCode::Up), Key::char('k')], Action::Up, "Up"),
    Binding::new(Panes, Group::Moving, &[Key::of(KeyCode::Down), Key::char('j')], Action::Down, "Down"),
    Binding::new(Panes, Group::Moving, &[Key::of(KeyCode::PageUp)], Action::PageUp, "A page up"),
    Binding::new(Panes, Group::Moving, &[Key::of(KeyCode::PageDown)], Action::PageDown, "A page down"),
    Binding::new(Panes, Group::Moving, &[Key::ctrl('u')], Action::HalfPageUp, "Half a page up"),
    Binding::new(Panes, Group::Moving, &[Key::ctrl('d')], Action::HalfPageDown, "Half a page down"),
    Binding::new(
        Panes,
        Group::Moving,
        &[Key::char('g'), Key::of(KeyCode::Home)],
        Action::First,
        "To the beginning",
    ),
    Binding::new(
        Panes,
        Group::Moving,
        &[Key::char('G'), Key::of(KeyCode::End)],
        Action::LiveEnd,
        "To the live end, and stay with it",
    ),
    Binding::new(
        Panes,
        Group::Moving,
        &[Key::char('b')],
        Action::Killer,
        "To whom is to blame: who sent the signal that ended it",
    ),
    Binding::new(Panes, Group::Panes, &[Key::char('1')], Action::ShowTree, "The tree")
        .short("Tree")
        .needs(Needs::OtherView),
    Binding::new(
        Panes,
        Group::Panes,
        &[Key::char('3'), Key::char('T')],
        Action::ShowTimeline,
        "The timeline: the tree's rows as bars over time, with the critical path",
    )
    .short("Timeline"),
    Binding::new(
        Panes,
        Group::Storms,
        &[Key::char('s')],
        Action::Storms,
        "The storm view: who starts most, by parent, comm and path",
    )
    .short("Storm"),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('d')],
        Action::EditMinDuration,
        "Only what lived at least so long, e.g. 10ms or 1.5s",
    )
    .short("Min-dur"),
    Binding::new(
        Panes,
        Group::Storms,
        &[Key::char('B')],
        Action::Culprit,
        "To the process that makes the storm, or made the latest",
    )
    .short("Culprit")
    .needs(Needs::Storm),
    Binding::new(
        Panes,
        Group::Program,
        &[Key::of(KeyCode::Esc)],
        Action::Back,
        "Close what lies on top; then end the search; then clear the filters",
    ),
    Binding::new(
        Panes,
        Group::Program,
        &[Key::char('q'), Key::of(KeyCode::F(10)), Key::ctrl('c')],
        Action::Quit,
        "Quit; asks what becomes of a running command",
    )
    .short("Quit"),
    Binding::new(
        Panes,
        Group::Program,
        &[Key::char('S')],
        Action::SavePicture,
        "Write the screen to a file: .svg is a picture, .txt text",
    ),
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::of(KeyCode::Tab)],
        Action::NextPane,
        "In the view: the next table",
    )
    .short("Table"),
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::of(KeyCode::BackTab)],
        Action::PreviousPane,
        "In the view: the table before",
    ),
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::char('>'), Key::of(KeyCode::F(6)), Key::of(KeyCode::Right), Key::char('l')],
        Action::SortNext,
        "In the view: sort by the next column",
    )
    .short("Sort"),
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::char('<'), Key::of(KeyCode::Left), Key::char('h')],
        Action::SortPrevious,
        "In the view: sort by the column before",
    ),
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::char('I')],
        Action::Invert,
        "In the view: sort the other way round",
    )
    .short("Invert"),
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::of(KeyCode::Enter)],
        Action::Accept,
        "In the view: to that process in the tree; of a comm or path to the latest",
    )
    .short("Go there"),
    Binding::new(Storms, Group::Moving, &[Key::char('S')], Action::SavePicture, "Write the screen to a file"),
    Binding::new(Storms, Group::Moving, &[Key::char('B')], Action::Culprit, "To who makes the storm")
        .short("Culprit")
        .needs(Needs::Storm),
    Binding::new(Storms, Group::Moving, &[Key::char('Z')], Action::Pause, "Pause")
        .short("Pause")
        .needs(Needs::Live),
    Binding::new(Storms, Group::Moving, &[Key::of(KeyCode::Up), Key::char('k')], Action::Up, "Up"),
    Binding::new(Storms, Group::Moving, &[Key::of(KeyCode::Down), Key::char('j')], Action::Down, "Down"),
    Binding::new(Storms, Group::Moving, &[Key::of(KeyCode::PageUp)], Action::PageUp, "A page up"),
    Binding::new(Storms, Group::Moving, &[Key::of(KeyCode::PageDown)], Action::PageDown, "A page down"),
    Binding::new(Storms, Group::Moving, &[Key::ctrl('u')], Action::HalfPageUp, "Half a page up"),
    Binding::new(Storms, Group::Moving, &[Key::ctrl('d')], Action::HalfPageDown, "Half a page down"),
    Binding::new(
        Storms,
        Group::Moving,
        &[Key::char('g'), Key::of(KeyCode::Home)],
        Action::First,
        "Beginning",
    ),
    Binding::new(Storms, Group::Moving, &[Key::char('G'), Key::of(KeyCode::End)], Action::LiveEnd, "End"),
    Binding::new(Storms, Group::Moving, &[Key::char('?'), Key::of(KeyCode::F(1))], Action::Help, "Help")
        .short("Help"),
    Binding::new(
        Storms,
        Group::Moving,
        &[Key::of(KeyCode::Esc), Key::char('s'), Key::char('q'), Key::of(KeyCode::F(10)), Key::ctrl('c')],
        Action::Back,
        "Close the view",
    )
    .short("Close"),
    Binding::new(Always, Group::Program, &[Key::ctrl('z')], Action::Suspend, "Suspend; fg comes back"),
    Binding::new(Always, Group::Program, &[Key::ctrl('l')], Action::Repaint, "Draw the screen anew"),
    Binding::new(Prompt, Group::Editing, &[Key::of(KeyCode::Enter)], Action::Accept, "Keep it").short("Keep"),
    Binding::new(
        Prompt,
        Group::Editing,
        &[Key::of(KeyCode::Tab)],
        Action::Complete,
        "Complete a name or a value that exists; again: the next",
    )
    .short("Complete"),
    Binding::new(
        Prompt,
        Group::Editing,
        &[Key::of(KeyCode::BackTab)],
        Action::CompleteBack,
        "The one before",
    ),
    Binding::new(
        Prompt,
        Group::Editing,
        &[Key::of(KeyCode::Up), Key::ctrl('p')],
        Action::Older,
        "What was typed before; in a list up",
    )
    .short("History"),
    Binding::new(
        Prompt,
        Group::Editing,
        &[Key::of(KeyCode::Down), Key::ctrl('n')],
        Action::Newer,
        "What was typed after that; in a list down",
    ),
    Binding::new(
        Prompt,
        Group::Editing,
        &[Key::of(KeyCode::Esc), Key::ctrl('c')],
        Action::Cancel,
        "Back to what was in force before",
    )
    .short("Cancel"),
    Binding::new(InHelp, Group::Moving, &[Key::of(KeyCode::Up), Key::char('k')], Action::Up, "Up")
        .short("Up"),
    Binding::new(InHelp, Group::Moving, &[Key::of(KeyCode::Down), Key::char('j')], Action::Down, "Down")
        .short("Down"),
    Binding::new(InHelp, Group::Moving, &[Key::of(KeyCode::PageUp)], Action::PageUp, "A page up"),
    Binding::new(
        InHelp,
        Group::Moving,
        &[Key::of(KeyCode::PageDown), Key::char(' ')],
        Action::PageDown,
        "A page down",
    ),
    Binding::new(
        InHelp,
        Group::Moving,
        &[Key::char('g'), Key::of(KeyCode::Home)],
        Action::First,
        "Beginning",
    ),
    Binding::new(InHelp, Group::Moving, &[Key::char('G'), Key::of(KeyCode::End)], Action::LiveEnd, "End"),
    Binding::new(
        InHelp,
        Group::Program,
        &[
            Key::of(KeyCode::Esc),
            Key::char('q'),
            Key::char('?'),
            Key::of(KeyCode::F(1)),
            Key::of(KeyCode::F(10)),
            Key::of(KeyCode::Enter),
            Key::ctrl('c'),
        ],
        Action::Back,
        "Close the help",
    )
    .short("Close"),
    Binding::new(Menu, Group::Row, &[Key::char('c')], Action::ByComm, "Only this comm"),
    Binding::new(Menu, Group::Row, &[Key::char('p')], Action::ByParent, "Only what descends from its parent"),
    Binding::new(Menu, Group::Row, &[Key::char('u')], Action::ByUser, "Only this user"),
    Binding::new(
        Menu,
        Group::Row,
        &[Key::char('g')],
        Action::ByCgroup,
        "Only this cgroup: container, unit or path",
    ),
    Binding::new(
        Menu,
        Group::Row,
        &[Key::char('s')],
        Action::BySubtree,
        "Only this process and its descendants",
    ),
    Binding::new(Menu, Group::Row, &[Key::char('P')], Action::ToParent, "To its parent"),
    Binding::new(Menu, Group::Row, &[Key::char('C')], Action::ToChild, "To its first child"),
    Binding::new(Menu, Group::Row, &[Key::char('b')], Action::Killer, "To whom is to blame for its end"),
    Binding::new(Menu, Group::Row, &[Key::char('e')], Action::ToExec, "To its exec in the log"),
    Binding::new(
        Menu,
        Group::Row,
        &[Key::char('y')],
        Action::CopyCommand,
        "Copy its command line, quoted for a shell",
    ),
    Binding::new(Menu, Group::Row, &[Key::char('i')], Action::CopyPid, "Copy its pid"),
    Binding::new(Menu, Group::Row, &[Key::char('f')], Action::CopyPath, "Copy the path of its file"),
    Binding::new(Menu, Group::Row, &[Key::char('r')], Action::CopyRow, "Copy the row as JSON"),
    Binding::new(
        Menu,
        Group::Row,
        &[Key::char('w')],
        Action::WriteCopied,
        "Write what was copied last to a file, for terminals that don't take it",
    ),
    Binding::new(
        Menu,
        Group::Row,
        &[Key::char('x'), Key::of(KeyCode::F(9))],
        Action::SendSignal,
        "Send it a signal; asks which one, and whether",
    )
    .needs(Needs::Live),
    Binding::new(
        Panes,
        Group::Row,
        &[Key::of(KeyCode::F(9))],
        Action::SendSignal,
        "Send the selected process a signal; asks which one, and whether",
    )
    .needs(Needs::Live),
    Binding::new(Menu, Group::Choosing, &[Key::of(KeyCode::Up), Key::char('k')], Action::Up, "Up"),
    Binding::new(Menu, Group::Choosing, &[Key::of(KeyCode::Down), Key::char('j')], Action::Down, "Down"),
    Binding::new(Menu, Group::Choosing, &[Key::of(KeyCode::Enter)], Action::Accept, "Choose").short("Choose"),
    Binding::new(
        Menu,
        Group::Choosing,
        &[Key::of(KeyCode::Esc), Key::char('q'), Key::char('m'), Key::ctrl('c')],
        Action::Cancel,
        "Close",
    )
    .short("Close"),
    Binding::new(Signals, Group::Choosing, &[Key::of(KeyCode::Up), Key::char('k')], Action::Up, "Up"),
    Binding::new(Signals, Group::Choosing, &[Key::of(KeyCode::Down), Key::char('j')], Action::Down, "Down"),
    Binding::new(Signals, Group::Choosing, &[Key::of(KeyCode::Enter)], Action::Accept, "Choose")
        .short("Choose"),
    Binding::new(
        Signals,
        Group::Choosing,
        &[Key::of(KeyCode::Esc), Key::char('q'), Key::ctrl('c')],
        Action::Cancel,
        "Close",
    )
    .short("Close"),
    Binding::new(Sure, Group::Choosing, &[Key::char('y')], Action::Accept, "Send it").short("Send it"),
    Binding::new(
        Sure,
        Group::Choosing,
        &[Key::char('n'), Key::of(KeyCode::Esc), Key::char('q'), Key::ctrl('c')],
        Action::Cancel,
        "Don't",
    )
    .short("Don't"),
    Binding::new(Leaving, Group::Command, &[Key::char('t')], Action::Terminate, "Terminate it and quit")
        .short("Terminate it")
        .needs(Needs::Command),
    Binding::new(
        Leaving,
        Group::Command,
        &[Key::char('l')],
        Action::LeaveRunning,
        "Quit and leave it running",
    )
    .short("Leave it running")
    .needs(Needs::Command),
    Binding::new(
        Leaving,
        Group::Command,
        &[Key::of(KeyCode::Esc), Key::char('q'), Key::ctrl('c')],
        Action::Cancel,
        "Stay",
    )
    .short("Stay")
    .needs(Needs::Command),
    Binding::new(
        Keyboard,
        Group::Command,
        &[Key::ctrl(']')],
        Action::TakeKeyboard,
        "Take the keyboard back from the command",
    )
    .short("Take the keyboard back")
    .needs(Needs::Command),
];
