# A script that starts a process for every file that there is, and in its loop some for every number.
mkdir logs
awk 'BEGIN { for (i = 0; i < 9000; i++) print "request " i > sprintf("logs/%04d.log", i) }'
cat >rotate-logs <<'END'
#!/bin/sh
find logs -name '*.log' | sort | xargs -n 1 -P 4 gzip -1 &
n=0
while [ $n -lt 9000 ]; do
    n=$(expr $n + 1)
    name=$(basename "/srv/logs/$n.log" .log)
done
END
