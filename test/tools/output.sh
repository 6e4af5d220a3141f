# shellcheck shell=bash
# How tests show that they move, and what is left of those that failed.  Sourced, never run.

# progress WHAT KEEP DROP [SECONDS]: of standard input the lines that match KEEP and not DROP, patterns that
# may be empty; and where nothing has come for so many SECONDS (30), a line that says that it goes on.
progress() {
  local what=$1 keep=$2 drop=$3 patience=${4:-30} line='' part='' began=$SECONDS lines=0 status
  while :; do
    IFS= read -r -t "$patience" part
    status=$?
    line+=$part
    if [ "$status" -gt 128 ]; then
      echo "    ($what goes on: $((SECONDS - began)) s, $lines lines of output)"
      continue
    fi
    if [ "$status" -eq 0 ] || [ -n "$line" ]; then
      lines=$((lines + 1))
      if [[ -z $keep || $line =~ $keep ]] && ! [[ -n $drop && $line =~ $drop ]]; then printf '%s\n' "$line"; fi
    fi
    [ "$status" -eq 0 ] || break
    line=
  done
}

# failure_block WHAT AGAIN: what has failed, what it said (standard input) and the command that runs
# it again, as a block of which all lines but the first are indented.
failure_block() {
  local most=80
  printf 'FAILED: %s\n' "$1"
  awk -v "most=$most" '{ n++; if (n <= most) print "    " substr($0, 1, 400) }
    END { if (n > most) print "    ... and " n - most " lines more" }'
  printf '    again: %s\n' "$2"
}

# failure_blocks: those that standard input has.
failure_blocks() { awk '/^FAILED: / { mine = 1; print; next } !/^    / { mine = 0 } mine'; }

# own_lines: of a test's part of a TAP harness's output, what tells of failing: assertions that
# failed with what follows them, and what came after the last assertion.
own_lines() {
  awk '/^ *ok / { failing = 0; n = 0; next }
       /^not ok / { failing = !/# *(TODO|SKIP)/; n = 0 }
       /^ *1\.\.[0-9]+ *$/ || /^ *$/ || (!failing && /^ *#/ && !/^# *(Looks like|Tests were run)/) { next }
       failing { print; next }
       { rest[++n] = $0 }
       END { for (i = 1; i <= n; i++) print rest[i] }'
}

# Lines of the server's log that no test expects: crashes, failed assertions, corrupted or
# leaked memory, references that a transaction left behind.
# shellcheck disable=SC2034 # for who sources this
server_alarm='^TRAP:|PANIC:  |was terminated by signal|WARNING:  (problem in alloc |detected write past |.* (reference|refcount) leak)'
