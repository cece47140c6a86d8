/*
 * bigargs - executes a program (same pid) with argument lists of unusual size.
 *
 *   bigargs many|single|empty [--program PATH]
 *
 * PATH is /bin/true unless given.
 *   many    120 KiB: argv[0] is "true" and 3,840 arguments of 31 characters follow, the Nth (from 1) being
 *           "argument NNNNNN of many, padded" with six digits; 122,885 bytes with their NULs
 *   single  "true" and one argument of 102,400 bytes: digits 0123456789 over and over, 102,399 of them and a NUL
 *   empty   no argument at all, not even argv[0]; from Linux 5.18 on the kernel puts an empty one there
 *
 * Exit status: PATH's, 1 if it can't be executed, 2 for wrong usage.
 */
#define _GNU_SOURCE

#define HELP \
	"usage: bigargs many|single|empty [--program PATH]\n" \
	"Executes PATH (/bin/true) with very many, one very large, or no argument.\n"

#include "common.h"

#define MANY 3840
#define SINGLE 102400

static char many_text[MANY][32];
static char single_text[SINGLE];
static char *arguments[MANY + 2];

static void fill_many(void)
{
	for (int i = 0; i < MANY; i++) {
		snprintf(many_text[i], sizeof(many_text[i]), "argument %06d of many, padded", i + 1);
		arguments[i + 1] = many_text[i];
	}
}

static void fill_single(void)
{
	for (int i = 0; i < SINGLE - 1; i++)
		single_text[i] = (char)('0' + i % 10);
	arguments[1] = single_text;
}

int main(int argc, char **argv)
{
	const char *program = "/bin/true";
	static char name[] = "true";

	answer_help(argc, argv);
	if (argc == 4 && !strcmp(argv[2], "--program"))
		program = argv[3];
	else if (argc != 2)
		usage();

	arguments[0] = name;
	if (!strcmp(argv[1], "many"))
		fill_many();
	else if (!strcmp(argv[1], "single"))
		fill_single();
	else if (!strcmp(argv[1], "empty"))
		arguments[0] = NULL;
	else
		usage();
	execv(program, arguments);
	fprintf(stderr, "bigargs: %s: %s\n", program, strerror(errno));
	return 1;
}
