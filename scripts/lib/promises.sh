# shellcheck shell=bash
# METHOD.md's table of promises names tests: each of them must be there. Sourced by scripts/check; needs $source_root.
# shellcheck disable=SC2154  # set by scripts/check

# Suite.Name of every GoogleTest, however its first line is broken.
googletests() {
  find "$source_root/tests" -name '*.cc' -exec cat {} + | tr '\n' ' ' |
    grep -oE 'TEST(_F|_P)?\( *[A-Za-z_0-9]+, *[A-Za-z_0-9]+ *\)' | sed -E 's/^TEST(_F|_P)?\( *//; s/, */./; s/ *\)$//'
}

# The code spans of the last column of the table of promises in DOCUMENT.
promised_tests() {
  # shellcheck disable=SC2016  # a back quote here is markdown's
  sed -n '/^## Promises/,/^## /p' "$1" | sed -n 's/^| .* | \(.*\) |$/\1/p' | grep -oE '`[^`]+`' | tr -d '`'
}

check_promises() {
  local document=$1 known test status=0 count=0
  known=$(mktemp)
  googletests >"$known"
  while IFS= read -r test; do
    count=$((count + 1))
    case $test in
      *.bats:\ *) grep -q -F -e "@test \"${test#*: }\"" "$source_root/tests/cli/${test%%: *}" ;;
      scripts/*) [[ -x $source_root/$test ]] ;;
      bench/*) grep -q -F -e "add_test(NAME $test " "$source_root/tests/bench/CMakeLists.txt" ;;
      *) grep -q -x -F -e "$test" "$known" ;;
    esac || {
      echo "$document promises what no test holds: there is no '$test'"
      status=1
    }
  done < <(promised_tests "$document")
  rm "$known"
  [[ $count -gt 0 ]] || { echo "$document has no table of promises"; status=1; }
  return "$status"
}
