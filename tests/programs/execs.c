/*
 * execs - executes a program in one of the less usual ways.
 *
 *   execs thread PROGRAM ARG0 [ARG...]    from a thread that is not the leader; prints "pid P thread T" before
 *   execs fd PROGRAM ARG0 [ARG...]        by an open file (fexecve)
 *   execs at DIRECTORY NAME ARG0 [ARG...] by a name beneath an open directory (execveat)
 *
 * Exit status: the program's, 1 if it can't be executed, 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>

#define HELP \
	"usage: execs thread|fd PROGRAM ARG0 [ARG...]\n" \
	"       execs at DIRECTORY NAME ARG0 [ARG...]\n" \
	"Executes a program from a thread, by an open file, or beneath an open directory.\n"

#include "common.h"

extern char **environ;

static void *execute(void *arguments)
{
	char **argv = arguments;

	printf("pid %d thread %d\n", (int)getpid(), (int)syscall(SYS_gettid));
	fflush(stdout);
	execv(argv[0], argv + 1);
	die(argv[0]);
}

static int open_path(const char *path, int flags)
{
	int fd = open(path, O_PATH | O_CLOEXEC | flags);

	if (fd < 0)
		die(path);
	return fd;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	answer_help(argc, argv);
	if (argc >= 4 && !strcmp(argv[1], "thread")) {
		errno = pthread_create(&thread, NULL, execute, argv + 2);
		if (errno)
			die("pthread_create");
		for (;;)
			pause();
	}
	if (argc >= 4 && !strcmp(argv[1], "fd"))
		fexecve(open_path(argv[2], 0), argv + 3, environ);
	else if (argc >= 5 && !strcmp(argv[1], "at"))
		syscall(SYS_execveat, open_path(argv[2], O_DIRECTORY), argv[3], argv + 4, environ, 0);
	else
		usage();
	die(argv[2]);
}
