#!/usr/bin/env bats
# The command around a calibration, with made-up launches; what real ones find is tests/integration's.
load common

# Three functions of the names that calibrate looks for, never launched.
calibration_functions() {
  local name
  for name in c-nolibc known-delay self-stamping; do
    mkdir -p "functions/$name"
    function_toml "$name" '["hello"]' >"functions/$name/function.toml"
    printf 'twelve bytes' >"functions/$name/$name"
    chmod +x "functions/$name/$name"
  done
  export XDG_STATE_HOME=$PWD/state
}
calibrate() { frostbyte calibrate --fake-launches 1 --seed 1 --time 2s "$@"; }

@test "a calibration prints a table on standard output and nothing else there" {
  calibration_functions
  calibrate >out 2>err
  grep -q 'slope over known delay *port' out
  grep -q 'noise floor *first response' out
  [[ ! -s err ]] || { cat err; return 1; }
}

@test "what was made up is not kept, unless a file is named" {
  calibration_functions
  calibrate --quiet >/dev/null
  [[ ! -e state ]]
  calibrate --quiet --record made-up.json >/dev/null
  python3 - <<'PYTHON'
import json
record = json.load(open("made-up.json"))
assert record["schema"] == "frostbyte.calibration/1", record["schema"]
assert "launch.exec_to_first_response" in record["aa_noise_floor"], record["aa_noise_floor"]
PYTHON
}

@test "json is the record, markdown a table, and both can go to files in one run" {
  calibration_functions
  calibrate --record kept.json -o json=out.json -o markdown=out.md
  cmp kept.json out.json
  grep -q '^| slope over known delay | port |' out.md
}

@test "every quantity of a calibration is in the registry" {
  calibration_functions
  calibrate -o json=out.json
  frostbyte --generate metrics >registry
  python3 -c 'import json; print(*{figure["metric"] for figure in json.load(open("out.json"))["figures"]}, sep="\n")' |
    while read -r metric; do grep -qF "| \`$metric\` |" registry || { echo "no $metric"; return 1; }; done
}

@test "without its functions a calibration says which is missing, status 3" {
  mkdir bin
  cp "$FROSTBYTE" bin/  # away from the functions it was built with
  FROSTBYTE=$PWD/bin/frostbyte misuse 3 "find function 'c-nolibc'" -- calibrate --fake-launches 1
}

@test "a time that is none or too short is refused" {
  calibration_functions
  misuse 2 '--time' -- calibrate --fake-launches 1 --time soon
  misuse 2 'too short' -- calibrate --fake-launches 1 --time 10ms
}

@test "launches that all fail calibrate nothing: status 3, and no record" {
  calibration_functions
  printf '[env]\nFAKE_OUTCOME = "timeout"\n' >>functions/c-nolibc/function.toml
  local status=0
  calibrate --record kept.json >out 2>err || status=$?
  cat out err
  [[ $status -eq 3 ]]
  grep -q 'launches failed: timeout' out
  grep -q 'frostbyte doctor' err
  [[ ! -e kept.json ]]
}
