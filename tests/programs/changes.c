/*
 * changes - children to whom things happen that the kernel has no event for, or only a small one.
 *
 *   changes rename    a child calls itself "renamed" and ends
 *   changes zombie    a child ends and is reaped 3.5 seconds later; this process lives on for another 2.5 seconds
 *   changes daemon    a child's child is adopted when its parent ends, calls setsid 1.5 seconds later, and ends 2.5
 *                     seconds after that; this process waits for it as a subreaper
 *   changes user UID  a child becomes that user 1.5 seconds after its start, and ends 2.5 seconds later
 *   changes exec UID  a child's child is adopted when its parent ends, calls setsid, becomes that user and executes "true",
 *                     all at once; this process waits for it as a subreaper
 *
 * stdout: "parent P child C", in "daemon" and "exec" the adopted one's.
 * Exit status: 0, 1 if something failed, 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>

#define HELP \
	"usage: changes rename|zombie|daemon\n" \
	"       changes user|exec UID\n" \
	"Starts a child that is not for long what it was and prints \"parent P child C\".\n"

#include "common.h"

static pid_t start(void)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	return child;
}

static void await(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		die("waitpid");
	if (status)
		exit(1);
}

static void __attribute__((noreturn)) daemonize(void)
{
	usleep(1500000);
	if (setsid() < 0)
		die("setsid");
	usleep(2500000);
	_exit(0);
}

static void become(uid_t user, useconds_t after)
{
	usleep(after);
	if (setuid(user))
		die("setuid");
}

static void __attribute__((noreturn)) execute(pid_t parent, uid_t user)
{
	while (getppid() == parent)
		usleep(1000);
	if (setsid() < 0)
		die("setsid");
	become(user, 0);
	execlp("true", "true", (char *)NULL);
	die("true");
}

/* A daemon that stays, or one that becomes this user. */
static pid_t orphan(const uid_t *user)
{
	int ends[2];
	pid_t parent, child;

	if (pipe(ends) || prctl(PR_SET_CHILD_SUBREAPER, 1))
		die("pipe");
	parent = start();
	if (parent == 0) {
		parent = getpid();
		child = start();
		if (child == 0 && user)
			execute(parent, *user);
		if (child == 0)
			daemonize();
		if (write(ends[1], &child, sizeof(child)) != sizeof(child))
			die("write");
		_exit(0);
	}
	await(parent);
	if (read(ends[0], &child, sizeof(child)) != sizeof(child))
		die("read");
	return child;
}

int main(int argc, char **argv)
{
	pid_t child;

	answer_help(argc, argv);
	if (argc == 2 && !strcmp(argv[1], "daemon")) {
		child = orphan(NULL);
	} else if (argc == 2 && (!strcmp(argv[1], "rename") || !strcmp(argv[1], "zombie"))) {
		child = start();
		if (child == 0) {
			if (*argv[1] == 'r' && prctl(PR_SET_NAME, "renamed"))
				die("prctl");
			_exit(0);
		}
		if (*argv[1] == 'z')
			usleep(3500000);
	} else if (argc == 3 && !strcmp(argv[1], "user")) {
		uid_t user = (uid_t)number(argv[2]);

		child = start();
		if (child == 0) {
			become(user, 1500000);
			usleep(2500000);
			_exit(0);
		}
	} else if (argc == 3 && !strcmp(argv[1], "exec")) {
		uid_t user = (uid_t)number(argv[2]);

		child = orphan(&user);
	} else {
		usage();
	}
	await(child);
	if (!strcmp(argv[1], "zombie"))
		usleep(2500000);
	printf("parent %d child %d\n", (int)getpid(), (int)child);
	return 0;
}
