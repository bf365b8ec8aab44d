# shellcheck shell=bash
# Two functions that are only ever launched in imagination, and the ways the tests call frostbyte.

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  mkdir -p functions/alpha functions/beta
  cat >functions/workloads.toml <<'EOF'
[hello]
summary = "the smallest answer"
path = "/hello"
[hello.expect]
status = 200
[health]
summary = "is it up"
path = "/health"
[health.expect]
status = 200
EOF
  function_toml alpha '["hello", "health"]' >functions/alpha/function.toml
  function_toml beta '["health"]' >functions/beta/function.toml
  printf 'twelve bytes' >functions/alpha/alpha
  chmod +x functions/alpha/alpha
  export FROSTBYTE_FUNCTIONS=$PWD/functions
  unset NO_COLOR
}

function_toml() {
  cat <<EOF
name = "$1"
summary = "made up"
command = ["./$1"]
contract = ["port", "listen-fds"]
serves = $2
[labels]
language = "c"
EOF
}

frostbyte() { "$FROSTBYTE" "$@"; }

# A sweep with made-up launches, figures on standard output.
fake() { "$FROSTBYTE" sweep --fake-launches 1 --seed 1 "$@"; }

# Succeeds when standard input has no such text; `! grep` would not fail a test.
lacks() { if grep -q "$@"; then return 1; fi; }

# misuse STATUS TEXT… -- ARGUMENTS…: fails with that status, every text in the message, nothing on standard output.
misuse() {
  local status=$1 texts=()
  shift
  while [[ $1 != -- ]]; do texts+=("$1") && shift; done
  shift
  local got=0
  "$FROSTBYTE" "$@" >out 2>err || got=$?
  cat err
  [[ $got -eq $status ]] || { echo "status $got, expected $status"; return 1; }
  [[ ! -s out ]] || { echo "standard output: $(cat out)"; return 1; }
  local text
  for text in "${texts[@]}"; do
    grep -qF -- "$text" err || { echo "no '$text' in the message"; return 1; }
  done
  ! grep -q 'terminate called' err
}
