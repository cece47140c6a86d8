//! From a row to what one wants next: its like, its family, its line in the log, a copy of what it says.

use super::action::Action;
use super::filters::FilterKind;
use super::menu::process;
use super::mode::{Lower, Pane};
use super::scene::Scene;
use super::view::{Request, Ui};
use crate::model::cgroups::Owner;
use crate::model::event::{ImageRef, ProcessId};
use crate::model::filter::complete;
use crate::model::process::{NodeKey, Process};
use crate::text;

/// What is told where something is missing.
type Why = &'static str;

impl Ui {
    /// Does something that begins with the process `of`, or tells why not.
    pub(super) fn follow_up(&mut self, action: Action, of: ProcessId, scene: &Scene<'_>) -> Request {
        let done = match action {
            Action::CopyPid => Ok(copy("pid", of.pid.to_string())),
            Action::CopyRow => Ok(Request::CopyRow(of)),
            Action::WriteCopied => Ok(Request::WriteCopied),
            Action::ToExec => self.go_to_exec(of, scene),
            Action::Killer => Ok(self.go_to_killer_of(of, scene)),
            _ => match process(scene, of) {
                None => Err("that process is no longer kept"),
                Some(process) => self.follow_process(action, process, scene),
            },
        };
        done.unwrap_or_else(|why| {
            self.told = Some(why.to_owned());
            Request::Redraw
        })
    }

    fn follow_process(
        &mut self,
        action: Action,
        process: Process<'_>,
        scene: &Scene<'_>,
    ) -> Result<Request, Why> {
        let tree = scene.model.tree();
        let key = tree.find(process.id).ok_or("that process is no longer kept")?;
        match action {
            Action::CopyCommand => copy_command(process),
            Action::CopyPath => copy_path(process),
            Action::ToParent => self.go_to(tree.parent(key).ok_or("its parent is not in the tree")?, scene),
            Action::ToChild => self.go_to(tree.first_child(key).ok_or("it has no child in the tree")?, scene),
            _ => {
                let filter = filter_by(action, process, scene)?;
                self.replace_filter(&filter, process.id, scene)
            }
        }
    }

    fn go_to(&mut self, key: NodeKey, scene: &Scene<'_>) -> Result<Request, Why> {
        let Some(process) = scene.model.tree().get(key) else { return Ok(Request::None) };
        self.show_process(process.id, scene).map(|()| Request::Redraw)
    }

    /// Puts a filter in the place of the one that is there, which can be had back from the history.
    fn replace_filter(&mut self, filter: &str, of: ProcessId, scene: &Scene<'_>) -> Result<Request, Why> {
        let before = self.filters.text(FilterKind::Expression).to_owned();
        let set = self.filters.set(FilterKind::Expression, filter, scene.users, &self.saved);
        set.map_err(|_| "that can't be put into a filter")?;
        self.histories.keep_filter(&before);
        self.histories.keep_filter(filter);
        self.criteria_changed();
        self.prepare(scene, self.area());
        if !self.select(of, scene) {
            self.tree.go_to_match(scene.model.tree());
        }
        self.details_of = None;
        Ok(Request::Redraw)
    }

    /// To the latest line of the log in which the process executes something.
    fn go_to_exec(&mut self, of: ProcessId, scene: &Scene<'_>) -> Result<Request, Why> {
        let index = self.log.last_exec(scene.model, of).ok_or("no exec of it is among the events shown")?;
        self.lower = Lower::Log;
        self.uncover_lower(scene);
        self.focus = Pane::Log;
        self.prepare(scene, self.area());
        self.log.go_to_place(index);
        Ok(Request::Redraw)
    }
}

/// The filter for what is like the process in some way.
fn filter_by(action: Action, process: Process<'_>, scene: &Scene<'_>) -> Result<String, Why> {
    match action {
        Action::ByComm => Ok(complete::exactly("comm", process.comm().as_bytes())),
        Action::BySubtree => Ok(format!("under={}", process.id.pid)),
        Action::ByParent => {
            let parent = process.parent().ok_or("its parent is not known")?;
            Ok(format!("under={}", parent.pid))
        }
        Action::ByUser => {
            let uid = process.uids().effective;
            // A name that two users have would be another's as well.
            let is_unique = |name: &&String| scene.users.values().filter(|known| known == name).count() == 1;
            let name = scene.users.get(&uid).filter(is_unique);
            let is_number = |name: &&String| name.parse::<u32>().is_ok();
            Ok(match name.filter(|name| !is_number(name)) {
                Some(name) => format!("user={}", complete::literal(name)),
                None => format!("uid={uid}"),
            })
        }
        Action::ByCgroup => {
            let path = scene.model.cgroups().path(process.cgroup_id()).ok_or("its cgroup is not known")?;
            Ok(match path.owner() {
                Some(Owner::Container { id, .. } | Owner::Unit(id)) => {
                    complete::exactly("cgroup", id.as_bytes())
                }
                None => complete::exactly("cgroup", &path.bytes),
            })
        }
        _ => Err("nothing to do"),
    }
}

fn copy(what: &'static str, text: String) -> Request {
    Request::Copy { what, text }
}

/// The image that a process has executed itself.
fn own_image<'a>(process: Process<'a>) -> Result<ImageRef<'a>, Why> {
    match process.image() {
        Some((image, false)) => Ok(image),
        Some((_, true)) => Err("it has executed nothing: it is a copy of its parent"),
        None => Err("what it executes is not known"),
    }
}

fn copy_command(process: Process<'_>) -> Result<Request, Why> {
    let image = own_image(process)?;
    if image.argv.is_empty() {
        return Err("its arguments are not known");
    }
    if image.argv_truncated_bytes > 0 {
        return Err("its arguments are longer than what is kept of them: they would not run as they did");
    }
    // `-bash` is how a login shell is called, and no name of a program.
    let is_login = |arg: &[u8]| arg.first() == Some(&b'-') && !image.filename.is_empty();
    let args = image.args().enumerate();
    let args = args.map(|(index, arg)| if index == 0 && is_login(arg) { image.filename } else { arg });
    Ok(copy("command line", text::quote_args(args)))
}

/// The executed file; relative to the working directory where that is known.
fn copy_path(process: Process<'_>) -> Result<Request, Why> {
    let image = own_image(process)?;
    let (file, is_relative) = match (image.filename, image.args().next()) {
        // Of what ran before only the arguments are known: without a slash that one was looked for in PATH.
        ([], Some(name)) => (name, name.contains(&b'/')),
        ([], None) => return Err("its file is not known"),
        (file, _) => (file, true),
    };
    let cwd = image.cwd.filter(|cwd| !cwd.cut && !cwd.deleted && !file.starts_with(b"/"));
    let path = match cwd.filter(|_| is_relative) {
        Some(cwd) => [cwd.path, b"/", file].concat(),
        None => file.to_vec(),
    };
    Ok(copy("path", text::quote_args(std::iter::once(&path[..]))))
}
