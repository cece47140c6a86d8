/*
 * families - processes whose parents are not what one would expect.
 *
 *   families clone-parent          a child makes another child of its own parent (CLONE_PARENT)
 *   families orphan [--subreaper]  the parent of a process ends before it; with --subreaper this program adopts it
 *   families same-pid N            N processes one after the other, all with the same pid (clone3 with set_tid)
 *
 * stdout, numbers behind their names; statuses are the raw words of waitpid:
 *   clone-parent  "parent P caller C caller_status S sibling Q sibling_status T"; C exits with 5, Q with 6
 *   orphan        "middle M orphan O adopter A", A being the parent that the orphan itself found after M's end, and
 *                 with --subreaper " status S"; M exits with 3, O with 7
 *   same-pid      a line "pid code" each, in order, as waitpid told; the codes count from 1
 * Exit status: 0, 1 if something failed, 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#define HELP \
	"usage: families clone-parent | orphan [--subreaper] | same-pid N\n" \
	"Starts processes with unusual parents or pids and prints what became of them.\n"

#include "common.h"

static pid_t fork_or_die(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return status;
}

static void nap(void)
{
	struct timespec ms = { 0, 1000000 };

	nanosleep(&ms, NULL);
}

static void clone_parent(void)
{
	int pipe_fds[2];
	pid_t caller, sibling;

	if (pipe(pipe_fds))
		die("pipe");
	caller = fork_or_die();
	if (caller == 0) {
		/* no stack and no flag that takes another argument: the same on all machines */
		sibling = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
		if (sibling == 0)
			_exit(6);
		if (write(pipe_fds[1], &sibling, sizeof(sibling)) != sizeof(sibling))
			_exit(255);
		_exit(5);
	}
	if (read(pipe_fds[0], &sibling, sizeof(sibling)) != sizeof(sibling) || sibling < 0)
		die("CLONE_PARENT");

	int caller_status = status_of(caller), sibling_status = status_of(sibling);

	printf("parent %d caller %d caller_status %d sibling %d sibling_status %d\n", (int)getpid(), (int)caller,
	       caller_status, (int)sibling, sibling_status);
}

static void be_orphan(pid_t middle, int out)
{
	pid_t told[2] = { getpid(), 0 };

	while (getppid() == middle)
		nap();
	told[1] = getppid();
	if (write(out, told, sizeof(told)) != sizeof(told))
		_exit(255);
	_exit(7);
}

static void orphan(int as_subreaper)
{
	int pipe_fds[2];
	pid_t middle, told[2];

	if (as_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1))
		die("subreaper");
	if (pipe(pipe_fds))
		die("pipe");
	middle = fork_or_die();
	if (middle == 0) {
		middle = getpid();
		if (fork_or_die() == 0)
			be_orphan(middle, pipe_fds[1]);
		_exit(3);
	}
	status_of(middle);
	if (read(pipe_fds[0], told, sizeof(told)) != sizeof(told))
		die("the orphan's word");
	printf("middle %d orphan %d adopter %d", (int)middle, (int)told[0], (int)told[1]);
	if (as_subreaper)
		printf(" status %d", status_of(told[0]));
	putchar('\n');
}

/* As fork, with a pid that is wanted; any if that is 0. */
static pid_t fork_as(pid_t wanted)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };

	if (wanted) {
		arguments.set_tid = (uint64_t)(uintptr_t)&wanted;
		arguments.set_tid_size = 1;
	}
	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

static void same_pid(long count)
{
	pid_t pid = 0;

	for (long i = 1; i <= count; i++) {
		pid_t child = fork_as(pid);

		/* somebody else may have it for a while */
		for (int tries = 0; child < 0 && errno == EEXIST && tries < 10000; tries++) {
			nap();
			child = fork_as(pid);
		}
		if (child == 0)
			_exit((int)i);
		if (child < 0)
			die("clone3 with set_tid");
		pid = child;
		printf("%d %d\n", (int)pid, exit_code(status_of(pid)));
		/* or the next child would print it too, should it ever flush */
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	answer_help(argc, argv);
	if (argc == 2 && !strcmp(argv[1], "clone-parent"))
		clone_parent();
	else if (argc == 2 && !strcmp(argv[1], "orphan"))
		orphan(0);
	else if (argc == 3 && !strcmp(argv[1], "orphan") && !strcmp(argv[2], "--subreaper"))
		orphan(1);
	else if (argc == 3 && !strcmp(argv[1], "same-pid") && number(argv[2]) < 256)
		same_pid(number(argv[2]));
	else
		usage();
	return 0;
}
