# shellcheck shell=bash
# What every script says and how: messages go to stderr, a script's own header comment is its --help.
# Sourced, never run. Exit codes as everywhere in frostbyte: 2 usage, 3 cannot do it here, 77 skipped.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
  say "error: $*"
  exit 3
}

usage_error() {
  say "error: $*"
  say "try: $0 --help"
  exit 2
}

# The comment block under the shebang, without its '#'.
print_help() { sed -n '2,/^[^#]/ { s/^# \{0,1\}//p; }' "$0"; }

# An option's value: option_value --preset "$@" dies unless a value follows.
option_value() {
  [[ $# -ge 3 ]] || usage_error "$1 needs a value"
  printf '%s' "$3"
}

# A part that this machine cannot run: skipped by name with the reason, or a failure when everything is required.
skip_or_fail() {
  local part=$1 reason=$2
  if [[ ${FROSTBYTE_REQUIRE_ALL:-0} == 1 ]]; then
    die "$part: $reason (FROSTBYTE_REQUIRE_ALL=1 forbids skipping)"
  fi
  say "skipped: $part: $reason"
}
