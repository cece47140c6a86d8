/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Paths: of a working directory and of a cgroup. Both are walked from the end up to the root, and handed over in that
 * order, each name with its NUL; the reader turns them round.
 */
#ifndef PROCTOP_PATH_H
#define PROCTOP_PATH_H

#define NAME_BYTES 256

/*
 * The write position lies in the scratch and not in a register: the verifier would follow each of its possible values
 * through all turns (a million instructions for 32 names, against some 80,000 for 64 this way).
 */
struct path_scratch {
	__u32 bytes;
	__u32 is_cut;
	/* In front of the names: with them it is a whole record as it lies here. */
	struct cgroup_record cgroup;
	/* The names, and room for the longest one behind the last. */
	__u8 names[PATH_BYTES + NAME_BYTES];
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

static __always_inline struct mount *mount_of(struct vfsmount *inner)
{
	return (void *)inner - bpf_core_field_offset(struct mount, mnt);
}

/* The path of `from` as its process sees it: up to its own root, which chroot may have set. */
static __always_inline void walk_directory(struct path_scratch *path, struct path *from, struct path *root)
{
	struct dentry *entry = BPF_CORE_READ(from, dentry), *root_entry = BPF_CORE_READ(root, dentry);
	struct vfsmount *mounted = BPF_CORE_READ(from, mnt), *root_mounted = BPF_CORE_READ(root, mnt);
	int i;

	path->bytes = 0;
	path->is_cut = true;
	for (i = 0; i < PATH_DEPTH; i++) {
		struct dentry *above;

		if (entry == root_entry && mounted == root_mounted) {
			path->is_cut = false;
			return;
		}
		above = BPF_CORE_READ(entry, d_parent);
		if (entry == BPF_CORE_READ(mounted, mnt_root) || entry == above) {
			struct mount *mount = mount_of(mounted), *outer = BPF_CORE_READ(mount, mnt_parent);

			/* The top of all mounts, or of one that was unmounted meanwhile. */
			if (outer == mount || entry != BPF_CORE_READ(mounted, mnt_root)) {
				path->is_cut = false;
				return;
			}
			entry = BPF_CORE_READ(mount, mnt_mountpoint);
			mounted = (void *)outer + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		if (!append_name(path, BPF_CORE_READ(entry, d_name.name)))
			return;
		entry = above;
	}
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

static __always_inline void walk_cgroup(struct path_scratch *path, struct kernfs_node *node)
{
	int i;

	path->bytes = 0;
	path->is_cut = true;
	for (i = 0; i < PATH_DEPTH; i++) {
		struct kernfs_node *above = kernfs_parent(node);

		/* The root itself has no name. */
		if (!above) {
			path->is_cut = false;
			return;
		}
		if (!append_name(path, BPF_CORE_READ(node, name)))
			return;
		node = above;
	}
}

/* All of a cgroup's record but its header. */
static __always_inline void fill_cgroup(struct path_scratch *path, struct cgroup *cgroup, __u64 id)
{
	walk_cgroup(path, cgroup->kn);
	path->cgroup.id = id;
	path->cgroup.path_bytes = path->bytes;
	path->cgroup.flags = path->is_cut ? CGROUP_PATH_CUT : 0;
}

#endif
