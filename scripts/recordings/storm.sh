# A script that starts a process for every file that there is.
mkdir logs
awk 'BEGIN { for (i = 0; i < 9000; i++) print "request " i > sprintf("logs/%04d.log", i) }'
cat >rotate-logs <<'END'
#!/bin/sh
find logs -name '*.log' | sort | xargs -n 1 -P 2 gzip -1
END
