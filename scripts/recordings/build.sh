# A small interpreter in C whose build fails in one file. All files take the compiler some time.
modules='lexer parser eval table gc main'

cat >Makefile <<'END'
CFLAGS = -O2 -Wall -Wextra
OBJECTS = lexer.o parser.o eval.o table.o gc.o main.o

calc: $(OBJECTS)
	$(CC) -o $@ $(OBJECTS)

$(OBJECTS): calc.h version.h

version.h: version
	sed 's/.*/#define VERSION "&"/' version >$@
END
echo 2.4.1 >version
printf 'struct node {\n\tlong value;\n\tlong depth;\n};\n' >calc.h
for module in $modules; do
    {
        printf '#include "calc.h"\n#include "version.h"\n\n'
        awk -v name="$module" 'BEGIN { for (i = 0; i < 160; i++) printf "\
long %s_%d(const long *at, long n)\n{\n\tlong sum = %d;\n\n\
\tfor (long i = 0; i < n; i++)\n\t\tsum += at[i] * (i ^ %d) + (sum >> %d);\n\treturn sum;\n}\n\n", name, i, i, i, i % 13 + 1 }'
        case $module in
        main) printf 'int main(void)\n{\n\treturn 0;\n}\n' ;;
        # the mistake
        eval) printf 'long eval(const struct node *node)\n{\n\treturn node->value + node->depht;\n}\n' ;;
        esac
    } >"$module.c"
done
