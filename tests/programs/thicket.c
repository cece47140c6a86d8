/*
 * thicket - a storm that somebody makes deep in a tree of others.
 *
 *   thicket DEPTH KIND [--for MS] [--after MS] [--tell FILE]
 *
 * Starts itself beneath itself, DEPTH times. Each on the way has two children that start something twice a
 * second. The last one waits (--after, 300 ms), writes a line "pid nanoseconds" (of the boot clock) to FILE, and
 * makes a storm (--for, 3000 ms). KIND says how:
 *   fork    children that end at once, one after the other
 *   vfork   the same by vfork
 *   spawn   the same by posix_spawn; they execute this program
 *   pairs   children that each start one more
 *   chain   a child that forks the next and ends, as that does
 *
 * Exit status: 0, 1 if something failed, 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <time.h>

#define HELP \
	"usage: thicket DEPTH fork|vfork|spawn|pairs|chain [--for MS] [--after MS] [--tell FILE]\n" \
	"Makes a storm DEPTH levels beneath itself, and writes 'pid nanoseconds' of who makes it to FILE.\n"

#include "common.h"

#define BYSTANDERS 2

extern char **environ;

static long long deadline;

static long long boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int is_over(void)
{
	return boot_ns() >= deadline;
}

static void rest(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

static void wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || exit_code(status))
		die("a child");
}

static __attribute__((noinline)) pid_t vfork_and_exit(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static void storm_fork(void)
{
	pid_t pid = start();

	if (pid == 0)
		_exit(0);
	wait_for(pid);
}

static void storm_vfork(void)
{
	wait_for(vfork_and_exit());
}

static void storm_spawn(void)
{
	char *arguments[] = { "thicket", "--nothing", NULL };
	pid_t pid;

	errno = posix_spawn(&pid, own_path(), NULL, NULL, arguments, environ);
	if (errno)
		die("posix_spawn");
	wait_for(pid);
}

static void storm_pairs(void)
{
	pid_t pid = start();

	if (pid == 0) {
		storm_fork();
		_exit(0);
	}
	wait_for(pid);
}

/* Ends in the last of the chain only, which has nobody to tell. */
static void storm_chain(void)
{
	pid_t pid = start();

	if (pid > 0) {
		while (!is_over())
			rest(10);
		return;
	}
	while (!is_over())
		if (start() > 0)
			_exit(0);
	_exit(0);
}

static const struct {
	const char *name;
	void (*once)(void);
} kinds[] = {
	{ "fork", storm_fork },
	{ "vfork", storm_vfork },
	{ "spawn", storm_spawn },
	{ "pairs", storm_pairs },
	{ "chain", storm_chain },
};

static void (*kind_of(const char *name))(void)
{
	for (size_t i = 0; name && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(name, kinds[i].name))
			return kinds[i].once;
	usage();
}

/* Somebody who starts a little. Ends with its parent, whatever becomes of that. */
static void stand_by(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		storm_fork();
		rest(500);
	}
}

static void go_down(long depth, char **argv)
{
	pid_t bystanders[BYSTANDERS], below;
	char level[32];

	for (int i = 0; i < BYSTANDERS; i++) {
		bystanders[i] = start();
		if (bystanders[i] == 0)
			stand_by();
	}
	below = start();
	if (below == 0) {
		snprintf(level, sizeof(level), "%ld", depth - 1);
		argv[1] = level;
		execv(own_path(), argv);
		die("exec");
	}
	wait_for(below);
	for (int i = 0; i < BYSTANDERS; i++)
		kill(bystanders[i], SIGKILL);
}

int main(int argc, char **argv)
{
	long duration = 3000, after = 300, depth;
	const char *tell = NULL;
	void (*once)(void);

	answer_help(argc, argv);
	if (argc == 2 && !strcmp(argv[1], "--nothing"))
		return 0;
	if (argc < 3)
		usage();
	depth = number(argv[1]);
	once = kind_of(argv[2]);
	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "--for"))
			duration = number(argv[++i]);
		else if (!strcmp(argv[i], "--after"))
			after = number(argv[++i]);
		else if (!strcmp(argv[i], "--tell") && argv[i + 1])
			tell = argv[++i];
		else
			usage();
	}
	if (depth > 0) {
		go_down(depth, argv);
		return 0;
	}
	rest(after);
	deadline = boot_ns() + duration * 1000000LL;

	FILE *file = fopen(tell ? tell : "/dev/null", "w");

	if (!file)
		die(tell);
	fprintf(file, "%d %lld\n", (int)getpid(), boot_ns());
	if (fclose(file))
		die(tell);
	while (!is_over())
		once();
	return 0;
}
