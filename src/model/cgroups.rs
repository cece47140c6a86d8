//! The paths of cgroups, and what they tell of containers and units.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::event::Cgroup;

/// How many paths are kept; the oldest goes first.
const KEPT: usize = 8192;

/// Paths by the id of the cgroup.
#[derive(Clone, Debug, Default)]
pub struct Cgroups {
    paths: FxHashMap<u64, Arc<Path>>,
    order: VecDeque<u64>,
}

/// Where a cgroup lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// From the root of the hierarchy. Untrusted: a user can name cgroups.
    pub bytes: Box<[u8]>,
    /// Its beginning is missing.
    pub cut: bool,
}

impl Cgroups {
    /// The path of a cgroup that was told of.
    pub fn path(&self, id: u64) -> Option<&Arc<Path>> {
        self.paths.get(&id)
    }

    pub(super) fn learn(&mut self, cgroup: &Cgroup) {
        let path = Arc::new(Path { bytes: cgroup.path.clone(), cut: cgroup.cut });
        if self.paths.insert(cgroup.id, path).is_some() {
            return;
        }
        self.order.push_back(cgroup.id);
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.paths.remove(&oldest);
        }
    }
}

/// Who manages the processes of a cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// A container: its engine, where the path tells, and the beginning of its id.
    Container {
        /// `docker`, `containerd`, `cri-o`, `podman` or `kubernetes`.
        engine: &'static str,
        /// The first twelve digits of the id, as the engines print it.
        id: &'a str,
    },
    /// A unit of systemd: the innermost service or scope.
    Unit(&'a str),
}

/// The digits of an id that the engines print.
const ID_SHOWN: usize = 12;

impl Path {
    /// The container or the unit that the path names.
    pub fn owner(&self) -> Option<Owner<'_>> {
        let names =
            || self.bytes.split(|&byte| byte == b'/').filter_map(|name| std::str::from_utf8(name).ok());
        let is_pod = names().any(|name| name.starts_with("kubepods"));
        let container = names()
            .zip(std::iter::once("").chain(names()))
            .filter_map(|(name, above)| container(name, above, is_pod));
        container.last().or_else(|| names().rfind(|name| is_unit(name)).map(Owner::Unit))
    }
}

/// Engines name the cgroup of a container after its id (64 hexadecimal digits): bare beneath a directory of their own,
/// or as a scope of systemd with the engine in front.
fn container<'a>(name: &'a str, above: &str, is_pod: bool) -> Option<Owner<'a>> {
    const SCOPES: [(&str, &str); 4] =
        [("docker-", "docker"), ("cri-containerd-", "containerd"), ("crio-", "cri-o"), ("libpod-", "podman")];
    let scope = name.strip_suffix(".scope");
    let named = scope.and_then(|scope| {
        SCOPES.iter().find_map(|(prefix, engine)| Some((*engine, scope.strip_prefix(prefix)?)))
    });
    let (engine, id) = match named {
        Some(found) => found,
        None => match above {
            "docker" => ("docker", name),
            "libpod_parent" => ("podman", name.strip_prefix("libpod-")?),
            _ if is_pod => ("kubernetes", name),
            _ => return None,
        },
    };
    let is_id = id.len() == 64 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    Some(Owner::Container { engine, id: id.get(..ID_SHOWN).filter(|_| is_id)? })
}

fn is_unit(name: &str) -> bool {
    [".service", ".scope"].iter().any(|end| name.ends_with(end) && name.len() > end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(path: &str) -> Option<(String, String)> {
        let path =
            Path { bytes: path.replace("ID", &"0123456789abcdef".repeat(4)).into_bytes().into(), cut: false };
        path.owner().map(|owner| match owner {
            Owner::Container { engine, id } => (engine.to_owned(), id.to_owned()),
            Owner::Unit(unit) => ("unit".to_owned(), unit.to_owned()),
        })
    }

    #[test]
    fn containers_and_units_are_told_by_their_paths() {
        let id = "0123456789ab";
        for (path, engine, name) in [
            ("/docker/ID", "docker", id),
            ("/system.slice/docker-ID.scope", "docker", id),
            (
                "/kubepods.slice/kubepods-burstable.slice/kubepods-pod1.slice/cri-containerd-ID.scope",
                "containerd",
                id,
            ),
            ("/kubepods/besteffort/pod7/ID", "kubernetes", id),
            ("/kubepods.slice/x/crio-ID.scope", "cri-o", id),
            ("/machine.slice/libpod-ID.scope/container", "podman", id),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.scope", "unit", "tmux.scope"),
            ("/system.slice/ssh.service", "unit", "ssh.service"),
        ] {
            assert_eq!(owner(path), Some((engine.to_owned(), name.to_owned())), "{path}");
        }
        for path in ["/", "/user.slice", "/docker/short", "/docker", "/.service", "/a/ID"] {
            assert_eq!(owner(path), None, "{path}");
        }
    }

    #[test]
    fn the_oldest_path_goes_first_and_a_new_one_takes_the_place() {
        let mut cgroups = Cgroups::default();
        for id in 0..=KEPT as u64 {
            cgroups.learn(&Cgroup { id, path: (*b"/x").into(), cut: false });
        }
        assert!(cgroups.path(0).is_none() && cgroups.path(1).is_some());
        cgroups.learn(&Cgroup { id: 1, path: (*b"/y").into(), cut: true });
        assert_eq!(&*cgroups.path(1).expect("kept").bytes, b"/y");
        assert_eq!(cgroups.paths.len(), KEPT);
    }
}
