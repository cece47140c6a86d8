/*
 * swarm - many processes of many threads at once, and what waitpid says of each.
 *
 *   swarm N [--threads T] [--ending HOW] [--code C] [--list FILE]
 *
 * Starts N processes of T threads each (default 8, at least 2, the leader among them), all at once. Each ends as told:
 *   race          (default) all threads end at the same moment, thread i with the code C + i (the leader is 0)
 *   group         a helper ends the process by exit_group(C) while all others wait
 *   leader-first  the leader ends with 5, the helpers with 6, and the last helper, when all others have gone, with C
 *   fault         a helper writes where nobody may
 *   kill, term    a helper sends its own process SIGKILL or SIGTERM
 *
 * FILE: a line "pid status" each, status being the raw word of waitpid, in the order in which they were started.
 * Exit status: 0, 1 if something failed, 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

#define HELP \
	"usage: swarm N [--threads T] [--ending race|group|leader-first|fault|kill|term] [--code C] [--list FILE]\n" \
	"Runs N processes of T threads each, all at once, and writes 'pid status' lines to FILE.\n"

#include "common.h"

#define MAX_THREADS 64

enum ending { RACE, GROUP, LEADER_FIRST, FAULT, KILL, TERM };

static const char *const endings[] = { "race", "group", "leader-first", "fault", "kill", "term" };

static long thread_count = 8, code;
static enum ending ending;
static pthread_t threads[MAX_THREADS];
static pthread_barrier_t all_there;
/* volatile, or the compiler would see where it leads */
static int *volatile nowhere;

static void end_thread(long with)
{
	syscall(SYS_exit, (int)(with & 0xff));
}

static void end_process(void)
{
	switch (ending) {
	case GROUP:
		syscall(SYS_exit_group, (int)code);
		break;
	case FAULT:
		*nowhere = 1;
		break;
	default:
		kill(getpid(), ending == KILL ? SIGKILL : SIGTERM);
	}
}

/* Thread 0 is the leader, the first helper is 1. */
static void play(long index)
{
	pthread_barrier_wait(&all_there);
	if (ending == RACE)
		end_thread(code + index);
	if (ending == LEADER_FIRST) {
		if (index != 1)
			end_thread(index ? 6 : 5);
		for (long i = 0; i < thread_count; i++)
			if (i != 1)
				pthread_join(threads[i], NULL);
		end_thread(code);
	}
	if (index == 1)
		end_process();
	for (;;)
		pause();
}

static void *help_out(void *argument)
{
	play((long)(intptr_t)argument);
	return NULL;
}

static void be_process(void)
{
	threads[0] = pthread_self();
	pthread_barrier_init(&all_there, NULL, (unsigned)thread_count);
	for (long i = 1; i < thread_count; i++) {
		errno = pthread_create(&threads[i], NULL, help_out, (void *)(intptr_t)i);
		if (errno)
			die("pthread_create");
	}
	play(0);
}

static enum ending ending_of(const char *name)
{
	for (int i = 0; name && i <= TERM; i++)
		if (!strcmp(name, endings[i]))
			return (enum ending)i;
	usage();
}

int main(int argc, char **argv)
{
	const char *list = NULL;
	long count = -1;

	answer_help(argc, argv);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--threads"))
			thread_count = number(argv[++i]);
		else if (!strcmp(argv[i], "--ending"))
			ending = ending_of(argv[++i]);
		else if (!strcmp(argv[i], "--code"))
			code = number(argv[++i]);
		else if (!strcmp(argv[i], "--list") && argv[i + 1])
			list = argv[++i];
		else if (count < 0)
			count = number(argv[i]);
		else
			usage();
	}
	if (count < 0 || thread_count < 2 || thread_count > MAX_THREADS || code > 255)
		usage();

	pid_t *pids = malloc(((size_t)count + 1) * sizeof(*pids));
	FILE *file = fopen(list ? list : "/dev/null", "w");

	if (!pids || !file)
		die(list ? list : "memory");
	for (long i = 0; i < count; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			die("fork");
		if (pids[i] == 0)
			be_process();
	}
	for (long i = 0; i < count; i++) {
		int status;

		if (waitpid(pids[i], &status, 0) != pids[i])
			die("waitpid");
		fprintf(file, "%d %d\n", (int)pids[i], status);
	}
	if (fclose(file))
		die("writing the list");
	return 0;
}
