/*
 * restless - children that are not for long what they were when they started.
 *
 *   restless N [--jobs J] [--list FILE]
 *
 * Starts N children, at most J at a time (default 64). Child i executes this program again as
 *     restless --child I "the distinct text of child I"
 * (four arguments, I in decimal), and then, as fast as it can, makes a late look at /proc useless: it goes to /tmp,
 * writes X over its whole argument area, calls itself "changed-I", and exits with i % 200.
 *
 * FILE: a line "index pid code" per child as wait4 told, by index. Exit status: 0, 1 if something failed or a code is
 * not the expected one, 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>

#define HELP \
	"usage: restless N [--jobs J] [--list FILE]\n" \
	"Starts N children that change their directory, arguments and name, and end.\n"

#include "common.h"

struct child {
	pid_t pid;
	int status;
};

static int code_of(long index)
{
	return (int)(index % 200);
}

/* Started a second time: forget where, what and who we are. */
static void be_child(int argc, char **argv)
{
	long index = number(argv[2]);
	char name[32]; /* the kernel takes the first 15 bytes */
	char *end = argv[argc - 1] + strlen(argv[argc - 1]);

	if (chdir("/tmp"))
		die("/tmp");
	for (volatile char *at = argv[0]; at < end; at++)
		*at = 'X';
	snprintf(name, sizeof(name), "changed-%ld", index);
	if (prctl(PR_SET_NAME, name))
		die("prctl");
	_exit(code_of(index));
}

static pid_t start(const char *path, long index)
{
	char name[] = "restless", flag[] = "--child", number_text[24], text[64];
	char *argv[] = { name, flag, number_text, text, NULL };
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	snprintf(number_text, sizeof(number_text), "%ld", index);
	snprintf(text, sizeof(text), "the distinct text of child %ld", index);
	execv(path, argv);
	_exit(255);
}

static void wait_for_one(struct child *children, long started)
{
	int status;
	pid_t pid = wait4(-1, &status, 0, NULL);

	if (pid < 0)
		die("wait4");
	/* from the newest backwards: a pid may have been used before, and its first bearer is then collected */
	for (long i = started - 1; i >= 0; i--) {
		if (children[i].pid == pid && children[i].status < 0) {
			children[i].status = status;
			return;
		}
	}
}

static void write_list(const char *path, const struct child *children, long count)
{
	FILE *file = fopen(path, "w");

	if (!file)
		die(path);
	for (long i = 0; i < count; i++)
		fprintf(file, "%ld %d %d\n", i, (int)children[i].pid, exit_code(children[i].status));
	if (fclose(file))
		die(path);
}

int main(int argc, char **argv)
{
	long count = -1, jobs = 64, running = 0;
	const char *list = NULL;

	answer_help(argc, argv);
	if (argc == 4 && !strcmp(argv[1], "--child"))
		be_child(argc, argv);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--jobs"))
			jobs = number(argv[++i]);
		else if (!strcmp(argv[i], "--list") && argv[i + 1])
			list = argv[++i];
		else if (count < 0)
			count = number(argv[i]);
		else
			usage();
	}
	if (count < 0 || jobs < 1)
		usage();

	struct child *children = malloc(((size_t)count + 1) * sizeof(*children));

	if (!children)
		die("memory");
	for (long i = 0; i < count; i++) {
		children[i].status = -1;
		children[i].pid = start(own_path(), i);
		if (++running == jobs) {
			wait_for_one(children, i + 1);
			running--;
		}
	}
	for (; running > 0; running--)
		wait_for_one(children, count);

	if (list)
		write_list(list, children, count);
	for (long i = 0; i < count; i++) {
		if (exit_code(children[i].status) != code_of(i)) {
			fprintf(stderr, "restless: child %ld ended with %d\n", i, exit_code(children[i].status));
			return 1;
		}
	}
	return 0;
}
