#!/usr/bin/env bats
# Comparisons from functions, saved runs and both: verdicts, exit status, and what is refused.
load common

# With made-up launches, figures on standard output.
compare() { "$FROSTBYTE" compare --fake-launches 1 --seed 1 "$@"; }

# status STATUS COMMAND…: that exit status, output in ./out and ./err.
status() {
  local expected=$1 got=0
  shift
  "$@" >out 2>err || got=$?
  cat out err
  [[ $got -eq $expected ]] || { echo "status $got, expected $expected"; return 1; }
}

rounds_of() { grep -c "\"sequence\".*\"$1\"" "$2"; }

@test "a slower candidate is worse: status 1, after the first look" {
  status 1 compare alpha -L FAKE_START=200000,220000 -w 0 --run-file run.jsonl
  grep -qE 'first response .* worse$' out
  [[ $(rounds_of 'alpha\[FAKE_START=220000\]' run.jsonl) -eq 50 ]]
  tail -n 1 run.jsonl | grep -q decided
}

@test "a faster candidate is better: status 0" {
  status 0 compare alpha -L FAKE_START=220000,200000
  grep -qE 'first response .* better$' out
}

@test "the same is equivalent: status 0" {
  status 0 compare alpha -L FAKE_START=200000,200100
  grep -qE 'first response .* equivalent$' out
}

@test "an inconclusive verdict is sampled on, to the last look or -r: status 4" {
  status 4 compare alpha -L FAKE_START=200000,202800 -r 60 --run-file run.jsonl
  grep -q 'times as many launches would decide' out
  [[ $(rounds_of 'alpha\[FAKE_START=200000\]' run.jsonl) -eq 63 ]] # 3 warm-ups
  status 1 compare alpha -L FAKE_START=200000,206000 --run-file longer.jsonl -w 0
  [[ $(rounds_of 'alpha\[FAKE_START=200000\]' longer.jsonl) -gt 50 ]]
}

@test "--time ends an inconclusive comparison" {
  status 4 compare alpha --env FAKE_START=200000 -L X=1,2 --margin 0% --time 300ms --pace 5ms --run-file run.jsonl
  tail -n 1 run.jsonl | grep -q time_budget
  grep -q 'holds no difference' out
}

@test "--fail-on chooses what fails" {
  status 0 compare alpha -L FAKE_START=200000,220000 --fail-on none
  status 0 compare alpha --env FAKE_START=200000 -L X=1,2 --margin 0% -r 60 --fail-on worse
  status 1 compare alpha -L FAKE_START=200000,220000 --fail-on worse
  misuse 2 "cannot read --fail-on 'better'" -- compare alpha beta --fail-on better
}

@test "any metric can be asked for" {
  status 1 compare alpha beta --metric memory.pss,faults.minor
  sed -n '/^metric/,$p' out | sed -n 2p | grep -qE '^pss .* worse$'
  misuse 2 "there is no metric 'memory.ps'" "did you mean 'memory.pss'" -- compare alpha beta --metric memory.ps
}

@test "a margin for all metrics and one for one" {
  status 0 compare alpha -L FAKE_START=200000,220000 --margin 20%
  status 0 compare alpha -L FAKE_START=200000,220000 --margin 1% --margin launch.exec_to_first_response=20%
  misuse 2 "cannot read --margin '3'" -- compare alpha beta --margin 3
  misuse 2 'it is negative' -- compare alpha beta --margin=-1%
  misuse 2 "there is no metric 'x'" -- compare alpha beta --margin x=1%
}

@test "two saved runs are compared by name" {
  fake alpha beta --workload health --env FAKE_START=200000 -r 60 --run-file old.jsonl >/dev/null
  fake alpha beta --workload health --env FAKE_START=230000 -r 60 --run-file new.jsonl >/dev/null
  status 1 frostbyte compare old.jsonl new.jsonl
  grep -qF 'alpha against old.jsonl#alpha' out
  grep -qF 'beta against old.jsonl#beta' out
  grep -qF 'one taken after the other' out
  status 0 frostbyte compare new.jsonl old.jsonl
  status 1 frostbyte compare old.jsonl#alpha new.jsonl#beta
  misuse 2 'the run has no such variant' 'it has: alpha, beta' -- compare old.jsonl#gamma new.jsonl
}

@test "variants of one saved run are paired by round" {
  fake alpha beta -r 60 --run-file run.jsonl >/dev/null
  status 1 frostbyte compare run.jsonl#alpha run.jsonl#beta
  grep -qF '60 rounds of both, in shuffled order' out
}

@test "a baseline is a file: saved once, compared against later" {
  status 0 compare alpha --env FAKE_START=200000 -L X=1,2 --save-baseline base.jsonl
  status 1 compare --against base.jsonl alpha --env FAKE_START=230000 -L X=1,2
  grep -qF 'alpha[X=1] against base.jsonl#alpha[X=1]' out
  misuse 2 'it is no run file' -- compare --against beta alpha --fake-launches 1
}

@test "an interrupted run becomes no baseline" {
  status 0 compare alpha --env FAKE_START=200000 -L X=1,2 --save-baseline base.jsonl
  cp base.jsonl before.jsonl
  "$FROSTBYTE" compare --fake-launches 1 alpha beta -r 1000 --pace 10ms --save-baseline base.jsonl >out 2>err 3>&- &
  sleep 0.7
  kill -INT $!
  wait $! || [[ $? -eq 130 ]]
  grep -q 'was not written' err
  diff base.jsonl before.jsonl
}

@test "a saved run is mixed with a function" {
  fake alpha --workload health --env FAKE_START=200000 -r 60 --run-file old.jsonl >/dev/null
  status 1 compare old.jsonl beta --workload health --env FAKE_START=230000
  grep -qF 'beta against alpha' out
  status 0 compare beta old.jsonl --workload health --env FAKE_START=230000
}

@test "other hosts and plans are refused, with what differs, unless forced" {
  fake alpha -r 60 --run-file old.jsonl >/dev/null
  fake alpha -r 60 --isolation none --run-file none.jsonl >/dev/null
  # Without its end, whose digest would tell that the file was changed.
  sed -e '1s/made-up launches/another host/' -e '$d' old.jsonl >other.jsonl
  misuse 2 'host: made-up launches, another host' '--force' -- compare old.jsonl other.jsonl
  misuse 2 'isolation: full, none' -- compare old.jsonl none.jsonl
  status 0 frostbyte compare old.jsonl other.jsonl --force
  grep -qF 'forced, although this differs: host: made-up launches, another host' out
  misuse 2 'isolation: none, full' -- compare --fake-launches 1 none.jsonl alpha # before anything is launched
}

@test "bare commands are compared" {
  status 0 compare -n old --command 'true 1' -n new --command 'true 2' --env FAKE_START=200000
  grep -qF 'new against old' out
}

@test "nothing to compare, and what belongs to launches alone, are refused" {
  misuse 2 'there is nothing to compare it with' -- compare --fake-launches 1 alpha
  misuse 2 'there is nothing to compare it with' -- compare
  fake alpha -r 10 --run-file old.jsonl >/dev/null
  misuse 2 'nothing is launched' -- compare old.jsonl old.jsonl --save-baseline x.jsonl
  misuse 2 'holds the samples of one run' -- compare --fake-launches 1 old.jsonl alpha -o csv=x.csv
}

@test "--dry-run tells what is compared with what" {
  status 0 compare alpha -L X=1,2 --dry-run --run-file run.jsonl
  grep -qF 'compare alpha[X=2] with alpha[X=1]' out
  [[ ! -e run.jsonl ]]
}

@test "a candidate that only fails: status 3 or 1, with the cause" {
  status 1 compare alpha beta -L FAKE_OUTCOME=ok,crashed --margin 500%
  grep -qF 'no measured launch succeeded' out
  status 3 compare alpha beta --env FAKE_OUTCOME=crashed
}

@test "json has the comparisons beside the subjects, and the verdicts as checks" {
  compare alpha -L FAKE_START=200000,220000 -o json=out.json -o junit=out.xml || [[ $? -eq 1 ]]
  python3 - <<'PYTHON'
import json
report = json.load(open("out.json"))
(one,) = report["comparisons"]
first = one["metrics"][0]
assert first["metric"] == "launch.exec_to_first_response" and first["primary"] and first["verdict"] == "worse", first
assert first["shift"]["ci_low"] < first["shift"]["value"] < first["shift"]["ci_high"]
assert {one["base"], one["candidate"]} == {subject["name"] for subject in report["subjects"]}
assert [check["status"] for check in report["checks"]] == ["failed"], report["checks"]
PYTHON
  grep -q 'failures="1"' out.xml
}

@test "the looks stand in the run and count again when it is compared later" {
  status 1 compare alpha -L FAKE_START=200000,220000 --run-file run.jsonl
  status 1 frostbyte compare 'run.jsonl#alpha[FAKE_START=200000]' 'run.jsonl#alpha[FAKE_START=220000]'
  grep -qF 'looks' out
}
