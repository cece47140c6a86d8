/*
 * hostile - a program whose every visible text wants to do harm to the terminal that shows it.
 *
 *   hostile [--ms MS] [--code C]
 *
 * Executes itself (same pid) through a symbolic link in $TMPDIR or /tmp whose name, and so the kernel's filename and
 * first comm, holds escape sequences; with arguments that hold, one each: a screen clear, a window title, a colour
 * that stays on, a newline and a carriage return, bidirectional controls, invalid UTF-8, C1 controls, wide and
 * combining characters, all the other control characters, nothing at all, and the word "harmless". Then it removes
 * the link, sets a hostile comm by prctl, sleeps MS milliseconds (default 100) and exits with C (default 0).
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <time.h>

#define HELP \
	"usage: hostile [--ms MS] [--code C]\n" \
	"Shows hostile text as file name, arguments and comm, sleeps MS milliseconds, exits with C.\n"

#include "common.h"

#define MARK "PROCTOP_TEST_HOSTILE" /* in the environment of the second start: "MS CODE LINK" */

static char *const hostile_argv[] = {
	"hostile\033[2J\033[H",
	"\033]0;owned by an argument\007\033]52;c;b3duZWQ=\033\\",
	"\033[31;41;5m\033[?1049l\033[?25l",
	"one\nnew line\r\nand a return",
	"\xe2\x80\xae" "reversed\xe2\x81\xa6isolated\xe2\x80\x8b\xef\xbb\xbf",
	"\xff\xfe\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80\xe2\x80",
	"\x9b" "2J\x9d" "0;c1\x9c\xc2\x9b" "31m\xc2\x85",
	"\xe5\xae\xbd\xe5\xad\x97 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80 e\xcc\x81\xcc\x81\xcc\x81",
	"\001\002\003\004\005\006\007\010\011\013\014\016\017\020\021\032\037\177",
	"",
	"harmless",
	NULL,
};

/* The second start: show the hostile comm for a while. */
static void be_hostile(const char *mark)
{
	long ms = 0;
	int code = 0, link_at = 0;

	if (sscanf(mark, "%ld %d %n", &ms, &code, &link_at) != 2)
		exit(2);
	unlink(mark + link_at);
	if (prctl(PR_SET_NAME, "\033[2J\033]0;x\007\n\x9b\xff\xe2\x80\xae"))
		die("prctl");

	struct timespec rest = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&rest, &rest) && errno == EINTR)
		;
	_exit(code);
}

int main(int argc, char **argv)
{
	const char *mark = getenv(MARK), *directory = getenv("TMPDIR");
	long ms = 100, code = 0;
	char link[4096], text[4200];

	if (mark)
		be_hostile(mark);
	answer_help(argc, argv);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--ms"))
			ms = number(argv[++i]);
		else if (!strcmp(argv[i], "--code"))
			code = number(argv[++i]);
		else
			usage();
	}
	if (code > 255)
		usage();

	/* the comm is cut from the name after its last slash: escape, newline and invalid UTF-8 in its first 15 bytes */
	int length = snprintf(link, sizeof(link), "%s/\033[2J\n\xff\xe2\x80\xae\033]0;file\007%d",
			  directory ? directory : "/tmp", (int)getpid());
	if (length < 0 || (size_t)length >= sizeof(link))
		die("$TMPDIR is too long");
	if (symlink(own_path(), link))
		die("symlink");
	snprintf(text, sizeof(text), "%ld %ld %s", ms, code, link);
	setenv(MARK, text, 1);
	execv(link, hostile_argv);
	die("exec");
}
