# shellcheck shell=bash
# What ctest calls passed though it was skipped. Sourced by scripts/test.

# unexcused_skips LOG: of ctest's LastTest.log, the names of tests that skipped though something could be installed or
# granted to run them. A reason that begins with "not applicable: " is about another kind of host (cgroup v2 on a v1 host),
# and excuses. ctest runs one GoogleTest a test, and a whole file of bats, whose tests are named after it.
unexcused_skips() {
  awk '
    function close_test() { if (skipped && !excused) print name }
    / Testing: / { close_test(); name = $NF; skipped = excused = 0 }
    /^ok [0-9]+ .*# skip/ {
      title = $0
      sub(/^ok [0-9]+ /, "", title)
      if (title !~ /# skip \(?not applicable: /) { sub(/ # skip.*/, "", title); print name " (" title ")" }
      next
    }
    /\[  SKIPPED \]/ { skipped = 1 }
    /not applicable: / { excused = 1 }
    END { close_test() }' "$1"
}
