/*
 * deaths - one process that a signal ends, in a known way, and who sent it.
 *
 *   deaths WAY
 *
 * Ways, and who sends the signal:
 *   kill       a killer that lives on (SIGKILL)
 *   quick      a killer that exits at once (SIGTERM)
 *   abort      the victim itself (SIGABRT)
 *   pipe       the victim itself, by writing to a pipe that nobody reads (SIGPIPE)
 *   parent     the victim's parent, by its death (PR_SET_PDEATHSIG: SIGTERM)
 *   fault      the kernel: a bad address (SIGSEGV)
 *   core       the same, with a core dump allowed
 *   alarm      the kernel: setitimer (SIGALRM)
 *   timer      the kernel: timer_create (SIGUSR1)
 *   cpu        the kernel: the soft limit of CPU time (SIGXCPU)
 *   cpu-hard   the kernel: the hard limit of CPU time (SIGKILL)
 *   size       the kernel: the limit of a file's size (SIGXFSZ)
 *   ctrl-c     the kernel: a terminal (SIGINT)
 *   hang-up    the kernel: a terminal that is closed (SIGHUP)
 *   handled    a killer (SIGTERM), after the victim handled a SIGUSR1 of its parent and ignored a SIGHUP
 *
 * stdout: "victim P status S killer K" with the raw status word of waitpid; K is 0 for the kernel.
 * Exit status: 0, 1 if something failed, 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#define HELP \
	"usage: deaths WAY\n" \
	"Lets a signal end a process and prints who sent it; the ways are in the source.\n"

#include "common.h"

static pid_t victim, killer;
static int is_reaped;
/* Twice volatile: the compiler must not see that this is null. */
static volatile int *volatile nowhere;
/* The victim writes to it when it may be ended; its parent reads. */
static int ready[2];

static void tell_ready(void)
{
	if (write(ready[1], "", 1) != 1)
		die("write");
}

static void await_ready(void)
{
	char byte;

	if (read(ready[0], &byte, 1) != 1)
		die("the victim did not come up");
}

static void __attribute__((noreturn)) wait_for_death(void)
{
	tell_ready();
	for (;;)
		pause();
}

static void __attribute__((noreturn)) burn(void)
{
	for (;;)
		;
}

static void limit(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit both = { .rlim_cur = soft, .rlim_max = hard };

	if (setrlimit(resource, &both))
		die("setrlimit");
}

static void write_to_nobody(void)
{
	int ends[2];

	if (pipe(ends))
		die("pipe");
	close(ends[0]);
	(void)!write(ends[1], "x", 1);
}

static void write_too_much(void)
{
	FILE *file = tmpfile();

	if (!file)
		die("tmpfile");
	limit(RLIMIT_FSIZE, 10, 10);
	(void)!write(fileno(file), "0123456789abc", 13);
	(void)!write(fileno(file), "d", 1);
}

static void set_alarm(void)
{
	struct itimerval soon = { .it_value.tv_usec = 5000 };

	if (setitimer(ITIMER_REAL, &soon, NULL))
		die("setitimer");
	pause();
}

static void set_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec soon = { .it_value.tv_nsec = 5000000 };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &soon, NULL))
		die("timer");
	pause();
}

static void crash(void)
{
	limit(RLIMIT_CORE, 0, 0);
	*nowhere = 1;
}

static void crash_with_core(void)
{
	limit(RLIMIT_CORE, RLIM_INFINITY, RLIM_INFINITY);
	*nowhere = 1;
}

static void burn_softly(void)
{
	limit(RLIMIT_CPU, 1, 10);
	burn();
}

static void burn_hard(void)
{
	limit(RLIMIT_CPU, 1, 1);
	signal(SIGXCPU, SIG_IGN);
	burn();
}

static void ignore_it(int signal)
{
	(void)signal;
}

static void handle_others(void)
{
	signal(SIGUSR1, ignore_it);
	signal(SIGHUP, SIG_IGN);
	wait_for_death();
}

static void own_victim(void (*body)(void))
{
	victim = fork();
	if (victim == 0) {
		body();
		wait_for_death();
	}
	if (victim < 0)
		die("fork");
}

/* A child sends the signal; with `stays` it lives until the victim has ended. */
static void by_a_killer(int signal, int stays)
{
	await_ready();
	killer = fork();
	if (killer < 0)
		die("fork");
	if (killer > 0)
		return;
	kill(victim, signal);
	if (!stays)
		_exit(0);
	for (;;)
		pause();
}

static void by_its_parent(void)
{
	int orphan[2];

	if (pipe(orphan) || prctl(PR_SET_CHILD_SUBREAPER, 1))
		die("pipe");
	killer = fork();
	if (killer == 0) {
		pid_t child = fork();

		if (child == 0) {
			if (prctl(PR_SET_PDEATHSIG, SIGTERM))
				die("prctl");
			wait_for_death();
		}
		if (write(orphan[1], &child, sizeof(child)) != sizeof(child))
			die("write");
		await_ready();
		_exit(0);
	}
	if (read(orphan[0], &victim, sizeof(victim)) != sizeof(victim))
		die("read");
	/* Only then the victim is our child. */
	waitpid(killer, NULL, 0);
	is_reaped = 1;
}

/* The victim leads a session on a terminal of its own. */
static void on_a_terminal(int closes)
{
	int master;

	victim = forkpty(&master, NULL, NULL, NULL);
	if (victim < 0)
		die("forkpty");
	if (victim == 0)
		wait_for_death();
	await_ready();
	if (closes)
		close(master);
	else if (write(master, "\003", 1) != 1)
		die("write");
}

static const struct {
	const char *name;
	void (*victim)(void);
	int is_suicide;
} alone[] = {
	{ "abort", abort, 1 },		{ "pipe", write_to_nobody, 1 }, { "fault", crash, 0 },
	{ "core", crash_with_core, 0 }, { "alarm", set_alarm, 0 },	{ "timer", set_timer, 0 },
	{ "cpu", burn_softly, 0 },	{ "cpu-hard", burn_hard, 0 },	{ "size", write_too_much, 0 },
};

static void start(const char *way)
{
	for (size_t i = 0; i < sizeof(alone) / sizeof(*alone); i++) {
		if (strcmp(way, alone[i].name))
			continue;
		own_victim(alone[i].victim);
		if (alone[i].is_suicide)
			killer = victim;
		return;
	}
	if (!strcmp(way, "kill") || !strcmp(way, "quick")) {
		own_victim(wait_for_death);
		by_a_killer(*way == 'k' ? SIGKILL : SIGTERM, *way == 'k');
	} else if (!strcmp(way, "handled")) {
		own_victim(handle_others);
		await_ready();
		kill(victim, SIGUSR1);
		kill(victim, SIGHUP);
		tell_ready();
		by_a_killer(SIGTERM, 1);
	} else if (!strcmp(way, "parent")) {
		by_its_parent();
	} else if (!strcmp(way, "ctrl-c") || !strcmp(way, "hang-up")) {
		on_a_terminal(*way == 'h');
	} else {
		usage();
	}
}

int main(int argc, char **argv)
{
	int status;

	answer_help(argc, argv);
	if (argc != 2)
		usage();
	if (pipe(ready))
		die("pipe");
	start(argv[1]);
	if (waitpid(victim, &status, 0) != victim)
		die("waitpid");
	if (killer && killer != victim && !is_reaped) {
		kill(killer, SIGKILL);
		waitpid(killer, NULL, 0);
	}
	printf("victim %d status %d killer %d\n", victim, status, killer);
	return 0;
}
