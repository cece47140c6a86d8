# Reads apt's sources, one-line files and deb822 ones, and prints those of Debian's own archive anew for other suites
# of it, in the deb822 form. From archives with a security suite come the security suites, from the others the rest.
#
# usage: awk -v suites="trixie trixie-security" -v architecture=amd64 -f sources.awk FILE…

function is_debian(suite) {
    sub(/-.*/, "", suite)
    return suite ~ /^((old)*stable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|duke)$/
}

# Prints one archive, unless that was done before: `uris` with the suites and components that it was listed with, and
# `keys`, the lines that tell how it is signed.
function print_archive(uris, listed, components, keys,    words, count, i, security, wanted, from) {
    count = split(listed, words)
    for (i = 1; i <= count && !is_debian(words[i]); i++);
    if (i > count || " " components " " !~ / main /) return
    security = listed ~ /-security|\/updates/
    count = split(suites, words)
    for (i = 1; i <= count; i++)
        if ((words[i] ~ /-security$/) == security) wanted = wanted " " words[i]
    from = uris wanted
    if (wanted == "" || from in printed) return
    printed[from] = 1
    print "Types: deb\nURIs: " uris "\nSuites:" wanted "\nComponents: main\nArchitectures: " architecture "\n" keys
}

function end_of_stanza() {
    if (field["types"] ~ /(^| )deb( |$)/ && tolower(field["enabled"]) !~ /^(no|false|0|off)$/)
        print_archive(field["uris"], field["suites"], field["components"], signed)
    split("", field)
    signed = name = ""
}

# How a one-line source is signed, from its options: "[arch=amd64 signed-by=/a,/b]"
function keys_of(options,    words, count, i, keys) {
    gsub(/[][]/, " ", options)
    count = split(options, words)
    for (i = 1; i <= count; i++) {
        if (words[i] ~ /^signed-by=/) keys = keys "Signed-By: " substr(words[i], 11) "\n"
        if (words[i] ~ /^trusted=/) keys = keys "Trusted: " substr(words[i], 9) "\n"
    }
    gsub(/,/, " ", keys)
    return keys
}

FNR == 1 { end_of_stanza() }
/^[ \t]*#/ { next }

FILENAME ~ /\.sources$/ {
    if ($0 ~ /^[ \t]*$/) { end_of_stanza(); next }
    if ($0 ~ /^[^ \t]/) {
        name = tolower(substr($0, 1, index($0, ":") - 1))
        value = substr($0, index($0, ":") + 1)
    } else {
        value = $0
    }
    # a key may stand there itself, in many lines
    if (name == "signed-by" || name == "trusted") signed = signed $0 "\n"
    sub(/^[ \t]+/, "", value)
    field[name] = field[name] (field[name] == "" ? "" : " ") value
    next
}

$1 == "deb" {
    options = ""
    if (match($0, /\[[^]]*\]/)) {
        options = substr($0, RSTART, RLENGTH)
        $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
    }
    components = ""
    for (i = 4; i <= NF; i++) components = components " " $i
    print_archive($2, $3, components, keys_of(options))
}

END { end_of_stanza() }
