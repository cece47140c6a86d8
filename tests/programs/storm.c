/*
 * storm - starts many children as fast as it can and knows what became of each.
 *
 *   storm N [--mode vfork|fork|spawn|mix] [--cpu C] [--codes] [--list FILE] [--program PATH] [--arguments COUNT]
 *         [--seconds S] [--ticks FILE]
 *
 * Each of the N children ends at once and is waited for before the next starts. Exit codes are 0, or with --codes
 * (i * 7 + 3) & 0xff for child i. Mode spawn runs PATH by posix_spawn (default /bin/true); with --codes it runs this
 * very program, which then exits with the code that it is given. COUNT: without --codes it gets so many arguments of 32
 * bytes. In mode mix every tenth is spawned, the others are vforked. S: it ends after so long, N is then the most there can be.
 *
 * stdout: the nanoseconds that the loop took. FILE: a line "pid code" per child as wait4 told, in order, written when
 * the loop is over. With --ticks, FILE gets a line "children nanoseconds" each 64 children: how many there have been,
 * and when that was by CLOCK_MONOTONIC; kept in memory, written when the loop is over. It is empty from the moment that
 * the loop begins, and SIGTERM then ends the loop as if the time were over.
 * Exit status: 0, 1 if something failed or a code is not the expected one, 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <time.h>

#define HELP \
	"usage: storm N [--mode vfork|fork|spawn|mix] [--cpu C] [--codes] [--list FILE] [--program PATH] " \
	"[--arguments COUNT] [--seconds S] [--ticks FILE]\n" \
	"Starts N children one after the other and prints the nanoseconds it took. --list: FILE gets 'pid code' lines;\n" \
	"--ticks: FILE gets 'children nanoseconds' lines, one each 64 children.\n"

#include "common.h"

/* So many children from one look at the clock to the next: seldom enough that it is not measured. */
#define TICK 64

extern char **environ;

enum mode { VFORK, FORK, SPAWN, MIX };

struct ending {
	pid_t pid;
	int status;
};

struct options {
	long count;
	enum mode mode;
	int cpu; /* -1: do not pin */
	int codes;
	const char *list;
	const char *ticks;
	const char *program; /* NULL: none given */
	long arguments;
	long seconds;
	long long deadline_ns; /* 0: none */
};

/* What a spawned program is called with: made once, so that making it is not measured. */
static char **plain_arguments;

/* When the children 0, TICK, 2 * TICK... were about to start; NULL where nobody wants to know. */
static long long *ticks;
static long tick_count;

static volatile sig_atomic_t told_to_end;

static int code_of(const struct options *options, long i)
{
	return options->codes ? (int)((i * 7 + 3) & 0xff) : 0;
}

static enum mode mode_of(const char *name)
{
	if (name && !strcmp(name, "vfork"))
		return VFORK;
	if (name && !strcmp(name, "fork"))
		return FORK;
	if (name && !strcmp(name, "mix"))
		return MIX;
	if (!name || strcmp(name, "spawn"))
		usage();
	return SPAWN;
}

static struct options parse(int argc, char **argv)
{
	struct options options = { .count = -1, .mode = VFORK, .cpu = -1 };

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--mode"))
			options.mode = mode_of(argv[++i]);
		else if (!strcmp(argv[i], "--cpu"))
			options.cpu = (int)number(argv[++i]);
		else if (!strcmp(argv[i], "--codes"))
			options.codes = 1;
		else if (!strcmp(argv[i], "--list") && argv[i + 1])
			options.list = argv[++i];
		else if (!strcmp(argv[i], "--ticks") && argv[i + 1])
			options.ticks = argv[++i];
		else if (!strcmp(argv[i], "--program") && argv[i + 1])
			options.program = argv[++i];
		else if (!strcmp(argv[i], "--arguments"))
			options.arguments = number(argv[++i]);
		else if (!strcmp(argv[i], "--seconds"))
			options.seconds = number(argv[++i]);
		else if (options.count < 0)
			options.count = number(argv[i]);
		else
			usage();
	}
	if (options.count < 0 || ((options.program || options.arguments) && (options.mode != SPAWN || options.codes)))
		usage();
	return options;
}

static const char *program_of(const struct options *options)
{
	return options->codes ? own_path() : options->program ? options->program : "/bin/true";
}

static char **make_arguments(const struct options *options)
{
	static char argument[] = "--an-argument=of-32-bytes-in-all";
	char **arguments = calloc((size_t)options->arguments + 2, sizeof(*arguments));

	if (!arguments)
		die("memory");
	arguments[0] = (char *)program_of(options);
	for (long i = 1; i <= options->arguments; i++)
		arguments[i] = argument;
	return arguments;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("pinning to the CPU");
}

/* In a function of its own, so that the child, which borrows the stack, has no variable of the loop to clobber. */
static __attribute__((noinline)) pid_t vfork_and_exit(int code)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(code);
	return pid;
}

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* A look at the clock, where anybody wants one. */
static __attribute__((noinline)) int tick(const struct options *options)
{
	if (!ticks && !options->deadline_ns)
		return 0;

	long long now = now_ns();

	if (ticks)
		ticks[tick_count++] = now;
	return told_to_end || (options->deadline_ns && now >= options->deadline_ns);
}

static int is_over(const struct options *options, long i)
{
	return i % TICK == 0 && tick(options);
}

/* Nothing but the calls: whatever else stood here would be measured too. */
static long storm_vfork(const struct options *options, struct ending *endings)
{
	long i;

	for (i = 0; i < options->count && !is_over(options, i); i++) {
		pid_t pid = vfork_and_exit(code_of(options, i));

		endings[i].pid = pid;
		if (pid < 0 || wait4(pid, &endings[i].status, 0, NULL) != pid)
			die("vfork or wait4");
	}
	return i;
}

static long storm_fork(const struct options *options, struct ending *endings)
{
	long i;

	for (i = 0; i < options->count && !is_over(options, i); i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(code_of(options, i));
		endings[i].pid = pid;
		if (pid < 0 || wait4(pid, &endings[i].status, 0, NULL) != pid)
			die("fork or wait4");
	}
	return i;
}

static pid_t spawn(const struct options *options, long i)
{
	const char *program = program_of(options);
	char code[4];
	char name[] = "storm", exit_with[] = "--exit";
	char *own[] = { name, exit_with, code, NULL };
	pid_t pid = 0;

	snprintf(code, sizeof(code), "%d", code_of(options, i) & 0xff);
	errno = posix_spawn(&pid, program, NULL, NULL, options->codes ? own : plain_arguments, environ);
	if (errno)
		die(program);
	return pid;
}

static long storm_spawn(const struct options *options, struct ending *endings)
{
	long i;

	for (i = 0; i < options->count && !is_over(options, i); i++) {
		endings[i].pid = spawn(options, i);
		if (wait4(endings[i].pid, &endings[i].status, 0, NULL) != endings[i].pid)
			die("wait4");
	}
	return i;
}

static long storm_mix(const struct options *options, struct ending *endings)
{
	long i;

	for (i = 0; i < options->count && !is_over(options, i); i++) {
		pid_t pid = i % 10 ? vfork_and_exit(code_of(options, i)) : spawn(options, i);

		endings[i].pid = pid;
		if (pid < 0 || wait4(pid, &endings[i].status, 0, NULL) != pid)
			die("vfork or wait4");
	}
	return i;
}

static int check(const struct options *options, const struct ending *endings)
{
	if (options->program)
		return 0; /* its code is its own affair */
	for (long i = 0; i < options->count; i++) {
		int code = exit_code(endings[i].status);

		if (code != code_of(options, i)) {
			fprintf(stderr, "storm: child %ld ended with %d\n", i, code);
			return 1;
		}
	}
	return 0;
}

static void write_list(const struct options *options, const struct ending *endings)
{
	FILE *file = fopen(options->list, "w");

	if (!file)
		die(options->list);
	for (long i = 0; i < options->count; i++)
		fprintf(file, "%d %d\n", (int)endings[i].pid, exit_code(endings[i].status));
	if (fclose(file))
		die(options->list);
}

static void on_term(int signal)
{
	(void)signal;
	told_to_end = 1;
}

static FILE *prepare_ticks(const struct options *options)
{
	/* a wait4 that it interrupts goes on */
	struct sigaction action = { .sa_handler = on_term, .sa_flags = SA_RESTART };
	size_t bytes = ((size_t)options->count / TICK + 2) * sizeof(*ticks);

	ticks = malloc(bytes);
	if (!ticks || sigaction(SIGTERM, &action, NULL))
		die("ticks");
	memset(ticks, 0xff, bytes); /* as with the endings */

	FILE *file = fopen(options->ticks, "w");

	if (!file)
		die(options->ticks);
	return file;
}

static void write_ticks(const struct options *options, FILE *file)
{
	for (long i = 0; i < tick_count; i++)
		fprintf(file, "%ld %lld\n", i * TICK, ticks[i]);
	if (fclose(file))
		die(options->ticks);
}

int main(int argc, char **argv)
{
	static long (*const storms[])(const struct options *, struct ending *) = {
		[VFORK] = storm_vfork, [FORK] = storm_fork, [SPAWN] = storm_spawn, [MIX] = storm_mix,
	};

	answer_help(argc, argv);
	if (argc == 3 && !strcmp(argv[1], "--exit"))
		_exit((int)number(argv[2]));

	struct options options = parse(argc, argv);
	size_t bytes = ((size_t)options.count + 1) * sizeof(struct ending);
	struct ending *endings = malloc(bytes);

	if (!endings)
		die("memory");
	memset(endings, 0xff, bytes); /* touch the pages now: a fault in the loop would be measured */
	plain_arguments = make_arguments(&options);
	if (options.cpu >= 0)
		pin(options.cpu);

	/* the last thing before the loop */
	FILE *tick_file = options.ticks ? prepare_ticks(&options) : NULL;

	long long start = now_ns();
	if (options.seconds)
		options.deadline_ns = start + options.seconds * 1000000000LL;
	options.count = storms[options.mode](&options, endings);
	long long elapsed = now_ns() - start;

	if (options.list)
		write_list(&options, endings);
	if (tick_file)
		write_ticks(&options, tick_file);
	printf("%lld\n", elapsed);
	return check(&options, endings);
}
