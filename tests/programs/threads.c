/*
 * threads - a process whose threads end one by one, and what wait4 says about it.
 *
 *   threads [--threads T] [--burn MS] [--burner leader|helpers] [--last leader|helper] [--code C]
 *
 * A child of T threads (default 4, at least 2, the leader among them) uses MS milliseconds of CPU time (default 50)
 * in its leader or, in even parts, in all its helpers (default), and then ends:
 *   --last helper  (default) the leader calls pthread_exit, before the helpers burn or right after its own burning, and
 *                  stays a zombie; once all is burnt, one helper ends the process with exit_group(C)
 *   --last leader  all helpers end first; the leader ends the process with exit_group(C)
 *
 * stdout, by wait4: "pid P status S cpu_ns N user_ns U system_ns Y max_rss_bytes R minor_faults F major_faults G
 * voluntary_switches V involuntary_switches I". S is the raw status word; N = U + Y, in steps of a microsecond each.
 * Exit status: 0, 1 if something failed, 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#define HELP \
	"usage: threads [--threads T] [--burn MS] [--burner leader|helpers] [--last leader|helper] [--code C]\n" \
	"Runs a process whose threads end one by one and prints what wait4 says about it.\n"

#include "common.h"

#define MAX_THREADS 1024

static long thread_count = 4, burn_ms = 50, code;
static int leader_burns, leader_is_last;
static pthread_t helpers[MAX_THREADS];
static pthread_t leader;
static pthread_barrier_t all_burnt;

/* 1 for the first word, 0 for the second. */
static int choice(const char *text, const char *yes, const char *no)
{
	if (!text || (strcmp(text, yes) && strcmp(text, no)))
		usage();
	return !strcmp(text, yes);
}

static long long thread_cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return used.tv_sec * 1000000000LL + used.tv_nsec;
}

static void burn(long long ns)
{
	long long until = thread_cpu_ns() + ns;

	while (thread_cpu_ns() < until)
		;
}

/* The first helper, whose argument is NULL, is the one that ends the process where that is not the leader's to do. */
static void *help_out(void *argument)
{
	int is_first = argument == NULL;

	/* the leader has ended, its burning included, before a helper begins */
	if (is_first && !leader_is_last)
		pthread_join(leader, NULL);
	pthread_barrier_wait(&all_burnt);
	if (!leader_burns)
		burn(burn_ms * 1000000LL / (thread_count - 1));
	pthread_barrier_wait(&all_burnt);
	if (leader_is_last)
		return NULL;
	if (is_first)
		syscall(SYS_exit_group, (int)code);
	/* the others are alive, with what they burnt, when the process is ended */
	for (;;)
		pause();
}

static void be_child(void)
{
	leader = pthread_self();
	pthread_barrier_init(&all_burnt, NULL, (unsigned)thread_count - 1);
	for (long i = 0; i < thread_count - 1; i++) {
		errno = pthread_create(&helpers[i], NULL, help_out, i ? &code : NULL);
		if (errno)
			die("pthread_create");
	}
	if (leader_burns)
		burn(burn_ms * 1000000LL);
	if (!leader_is_last)
		pthread_exit(NULL);
	for (long i = 0; i < thread_count - 1; i++)
		pthread_join(helpers[i], NULL);
	syscall(SYS_exit_group, (int)code);
}

static long long nanoseconds(struct timeval time)
{
	return time.tv_sec * 1000000000LL + time.tv_usec * 1000LL;
}

int main(int argc, char **argv)
{
	struct rusage used;
	int status;

	answer_help(argc, argv);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--threads"))
			thread_count = number(argv[++i]);
		else if (!strcmp(argv[i], "--burn"))
			burn_ms = number(argv[++i]);
		else if (!strcmp(argv[i], "--burner"))
			leader_burns = choice(argv[++i], "leader", "helpers");
		else if (!strcmp(argv[i], "--last"))
			leader_is_last = choice(argv[++i], "leader", "helper");
		else if (!strcmp(argv[i], "--code"))
			code = number(argv[++i]);
		else
			usage();
	}
	if (thread_count < 2 || thread_count > MAX_THREADS || code > 255)
		usage();

	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0)
		be_child();
	if (wait4(pid, &status, 0, &used) != pid)
		die("wait4");

	long long user = nanoseconds(used.ru_utime), system = nanoseconds(used.ru_stime);

	printf("pid %d status %d cpu_ns %lld user_ns %lld system_ns %lld max_rss_bytes %lld ", (int)pid, status,
	       user + system, user, system, used.ru_maxrss * 1024LL);
	printf("minor_faults %ld major_faults %ld voluntary_switches %ld involuntary_switches %ld\n", used.ru_minflt,
	       used.ru_majflt, used.ru_nvcsw, used.ru_nivcsw);
	return 0;
}
