# shellcheck shell=bash
# The counts of a long suite.  Sourced, never run.

# shellcheck source=test/tools/output.sh
source "$(dirname "${BASH_SOURCE[0]}")/output.sh"

passed=0
failed=0
# the command that runs what failed again
again="test/run long:$(basename "$0")"

# fail WHAT [AGAIN]: count a failure, which standard input tells more of.
fail() {
  failed=$((failed + 1))
  tail -n 80 | failure_block "$1" "${2:-$again}"
}

# check WHAT COMMAND...: count whether the command ends well; what it printed is shown when it does
# not.  It runs in a shell of its own, which the first error ends.
check() {
  local what=$1 said status errexit
  shift
  errexit=$(set +o | grep errexit)
  # not as an "if": there a command that fails would not end it
  set +e
  said=$(set -e; "$@" 2>&1)
  status=$?
  $errexit
  if [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok - $what"
  else
    fail "$what" < <([ -z "$said" ] || printf '%s\n' "$said")
  fi
}

# finish: the closing line.
finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
