/*
 * What the test programs share: reading options, and ending with one clear line.
 * Each program defines HELP, its text for --help, before it includes this.
 */
#ifndef PROCTOP_TEST_COMMON_H
#define PROCTOP_TEST_COMMON_H

#ifndef _GNU_SOURCE
#error "define _GNU_SOURCE before the first include"
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void __attribute__((noreturn)) usage(void)
{
	fputs(HELP, stderr);
	exit(2);
}

static inline void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(1);
}

/* Prints the help and ends, if that is all that was asked for. */
static inline void answer_help(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(HELP, stdout);
		exit(0);
	}
}

/* A whole number that is not negative; text may be NULL, as where an option's value is missing. */
static inline long number(const char *text)
{
	char *end;
	long value = text ? strtol(text, &end, 10) : -1;

	if (value < 0 || end == text || *end)
		usage();
	return value;
}

/* The code of a child's wait status; 128 + n for a death by signal n, which no child here should die. */
static inline int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The path of this very program; /proc/self/exe itself would make the kernel call it "exe". */
static inline const char *own_path(void)
{
	static char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0)
		die("/proc/self/exe");
	path[length] = '\0';
	return path;
}

#endif
