/*
 * lazy - a parent that does not wait for its child.
 *
 *   lazy MS CODE
 *
 * Starts a child that exits with CODE at once and prints a line "pid CODE". Collects it after MS milliseconds, prints
 * "reaped code" as waitpid told, and goes on until it is killed.
 */
#define _GNU_SOURCE
#define HELP \
	"usage: lazy MS CODE\n" \
	"Starts a child that exits with CODE, and collects it after MS milliseconds.\n"

#include "common.h"

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	answer_help(argc, argv);
	if (argc != 3)
		usage();
	long ms = number(argv[1]), code = number(argv[2]);

	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		_exit((int)code);
	printf("%d %ld\n", pid, code);
	fflush(stdout);
	usleep((useconds_t)ms * 1000);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		die("waitpid");
	printf("reaped %d\n", WEXITSTATUS(status));
	fflush(stdout);
	for (;;)
		pause();
}
