/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Paths: of a working directory and of a cgroup. Both are walked from the end up to the root, and handed over in that
 * order, each name with its NUL; the reader turns them round.
 */
#ifndef PROCTOP_PATH_H
#define PROCTOP_PATH_H

#define NAME_BYTES 256

/*
 * A walk that is under way. It lies in a map and each step is a function of its own, so that the verifier looks at a
 * step once and neither follows each possible write position nor every turn: loading took three times as long.
 */
struct path_scratch {
	/* Where the walk is: a dentry and the mount that it is in, or a node of kernfs. */
	__u64 entry;
	__u64 mounted;
	/* Where it ends. */
	__u64 root_entry;
	__u64 root_mounted;
	__u32 bytes;
	__u32 is_cut;
	/* In front of the names: with them it is a whole record as it lies here. */
	struct cgroup_record cgroup;
	/* The names, and room for the longest one behind the last. */
	__u8 names[PATH_BYTES + NAME_BYTES];
};

/* Two for each CPU: of the exec program and of the list's, neither of which runs twice at once on a CPU. */
enum path_user {
	PATH_OF_EXEC = 0,
	PATH_OF_LIST = 1,
	PATH_USERS = 2,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	/* Replaced before load by twice the number of possible CPUs. */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct path_scratch);
} path_scratches SEC(".maps");

enum step {
	STEP_ON = 0,
	STEP_ARRIVED = 1,
	STEP_FULL = 2,
};

/* Returns false when there is no room for more. */
static __always_inline bool append_name(struct path_scratch *path, const void *name)
{
	__u32 at = path->bytes;
	long length;

	if (at >= PATH_BYTES - NAME_BYTES)
		return false;
	length = bpf_probe_read_kernel_str(path->names + at, NAME_BYTES, name);
	if (length > 0 && length <= NAME_BYTES)
		path->bytes = at + length;
	return true;
}

/* From the root of a mount to where that is mounted. */
static __always_inline enum step leave_mount(struct path_scratch *path, struct vfsmount *mounted)
{
	struct mount *mount = (void *)mounted - bpf_core_field_offset(struct mount, mnt);
	struct mount *outer = BPF_CORE_READ(mount, mnt_parent);

	/* The top of all mounts, or of one that was unmounted meanwhile. */
	if (outer == mount)
		return STEP_ARRIVED;
	path->entry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
	path->mounted = (__u64)outer + bpf_core_field_offset(struct mount, mnt);
	return STEP_ON;
}

__attribute__((noinline)) int climb_directory(__u32 place)
{
	struct path_scratch *path = bpf_map_lookup_elem(&path_scratches, &place);
	struct dentry *entry, *above;
	struct vfsmount *mounted;

	if (!path)
		return STEP_FULL;
	if (path->entry == path->root_entry && path->mounted == path->root_mounted)
		return STEP_ARRIVED;
	entry = (void *)path->entry;
	mounted = (void *)path->mounted;
	if (entry == BPF_CORE_READ(mounted, mnt_root))
		return leave_mount(path, mounted);
	above = BPF_CORE_READ(entry, d_parent);
	if (entry == above)
		return STEP_ARRIVED;
	if (!append_name(path, BPF_CORE_READ(entry, d_name.name)))
		return STEP_FULL;
	path->entry = (__u64)above;
	return STEP_ON;
}

/* The path of `from` as its process sees it: up to its own root, which chroot may have set. */
static __always_inline void walk_directory(struct path_scratch *path, __u32 place, struct fs_struct *fs)
{
	int i, step = STEP_ON;

	path->entry = (__u64)BPF_CORE_READ(fs, pwd.dentry);
	path->mounted = (__u64)BPF_CORE_READ(fs, pwd.mnt);
	path->root_entry = (__u64)BPF_CORE_READ(fs, root.dentry);
	path->root_mounted = (__u64)BPF_CORE_READ(fs, root.mnt);
	path->bytes = 0;
	for (i = 0; i < PATH_DEPTH && step == STEP_ON; i++)
		step = climb_directory(place);
	path->is_cut = step != STEP_ARRIVED;
}

/* An entry that is in no hash table any more, and is no root, was deleted. */
static __always_inline bool is_deleted(struct dentry *entry)
{
	return !BPF_CORE_READ(entry, d_hash.pprev) && BPF_CORE_READ(entry, d_parent) != entry;
}

/* Until 6.17 a node's parent is called `parent`. */
struct kernfs_node___old {
	struct kernfs_node___old *parent;
} __attribute__((preserve_access_index));

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___old *old = (void *)node;

	if (bpf_core_field_exists(struct kernfs_node, __parent))
		return BPF_CORE_READ(node, __parent);
	return (void *)BPF_CORE_READ(old, parent);
}

__attribute__((noinline)) int climb_cgroup(__u32 place)
{
	struct path_scratch *path = bpf_map_lookup_elem(&path_scratches, &place);
	struct kernfs_node *node, *above;

	if (!path)
		return STEP_FULL;
	node = (void *)path->entry;
	above = kernfs_parent(node);
	/* The root itself has no name. */
	if (!above)
		return STEP_ARRIVED;
	if (!append_name(path, BPF_CORE_READ(node, name)))
		return STEP_FULL;
	path->entry = (__u64)above;
	return STEP_ON;
}

/* All of a cgroup's record but its header. */
static __always_inline void fill_cgroup(struct path_scratch *path, __u32 place, struct cgroup *cgroup)
{
	int i, step = STEP_ON;

	path->entry = (__u64)BPF_CORE_READ(cgroup, kn);
	path->bytes = 0;
	for (i = 0; i < PATH_DEPTH && step == STEP_ON; i++)
		step = climb_cgroup(place);
	path->cgroup.id = cgroup->kn->id;
	path->cgroup.path_bytes = path->bytes;
	path->cgroup.flags = step == STEP_ARRIVED ? 0 : CGROUP_PATH_CUT;
}

/* The scratch of this program on this CPU; `place` is set to its place. */
static __always_inline struct path_scratch *path_scratch(enum path_user user, __u32 *place)
{
	*place = PATH_USERS * bpf_get_smp_processor_id() + user;
	return bpf_map_lookup_elem(&path_scratches, place);
}

#endif
