#!/usr/bin/env bats
# Interrupted, killed and resumed: nothing measured is lost, nothing is measured twice.
load common

# Starts a sweep that takes its time, and waits until samples arrive.
start_slow_sweep() {
  "$FROSTBYTE" sweep --fake-launches 1 --seed 1 alpha beta -r 60 -w 1 --pace 20ms --run-file run.jsonl "$@" >out 2>err 3>&- &
  sweep=$!
  for _ in {1..200}; do
    [[ -e run.jsonl && $(grep -c '"sequence"' run.jsonl) -ge 6 ]] && return
    sleep 0.05
  done
  return 1
}

# Every variant has every measured round exactly once, sequence numbers have no gap, and the end says complete.
whole_run() {
  python3 - "$1" <<'EOF'
import collections, json, sys
lines = [json.loads(line) for line in open("run.jsonl")]
samples = [line for line in lines if "sequence" in line]
assert [sample["sequence"] for sample in samples] == list(range(len(samples)))
measured = collections.Counter((s["variant"], s["round"]) for s in samples if not s.get("warmup"))
assert set(measured) == {(v, r) for v in ("alpha", "beta") for r in range(int(sys.argv[1]))}, measured
assert set(measured.values()) == {1}
assert "complete" in json.dumps(lines[-1]), lines[-1]
EOF
}

@test "Ctrl-C keeps what was measured, prints it and exits with 130" {
  start_slow_sweep
  kill -INT "$sweep"
  status=0
  wait "$sweep" || status=$?
  [[ $status -eq 130 ]]
  grep -q alpha out
  grep -q -- '--resume continues' err
  tail -n 1 run.jsonl | grep -q interrupted
}

@test "SIGTERM does the same" {
  start_slow_sweep
  kill -TERM "$sweep"
  status=0
  wait "$sweep" || status=$?
  [[ $status -eq 130 ]]
  tail -n 1 run.jsonl | grep -q interrupted
}

@test "an interrupted run is resumed to its end, the plan taken from the file" {
  start_slow_sweep
  kill -INT "$sweep"
  wait "$sweep" || true
  frostbyte sweep --resume --run-file run.jsonl --fake-launches 1 >out
  whole_run 60
}

@test "an interrupted run is resumed by its own command line" {
  start_slow_sweep
  kill -INT "$sweep"
  wait "$sweep" || true
  fake alpha beta -r 60 -w 1 --pace 20ms --run-file run.jsonl --resume >out
  whole_run 60
}

@test "a killed run is readable to its last sample and is resumed" {
  start_slow_sweep
  kill -KILL "$sweep"
  wait "$sweep" || true
  frostbyte report run.jsonl | grep -q alpha
  printf '{"sequence":99,"torn' >>run.jsonl
  frostbyte sweep --resume --run-file run.jsonl --fake-launches 1 >out
  whole_run 60
}

@test "resuming a complete run prints it and launches nothing" {
  fake alpha beta -r 5 --run-file run.jsonl >first
  cp run.jsonl before.jsonl
  frostbyte sweep --resume --run-file run.jsonl --fake-launches 1 >second 2>err
  diff first second
  diff before.jsonl run.jsonl
  grep -q 'nothing is left' err
}

@test "--resume without a file starts a new run" {
  fake alpha beta -r 5 --resume --run-file run.jsonl >out 2>err
  grep -q 'a new run is started' err
  whole_run 5
}

@test "another plan is not continued, and the difference is told" {
  start_slow_sweep
  kill -INT "$sweep"
  wait "$sweep" || true
  misuse 2 'it is another plan' 'runs: 60 in the run file, 61 asked for' -- \
    sweep --fake-launches 1 alpha beta -r 61 -w 1 --pace 20ms --run-file run.jsonl --resume
  misuse 2 'variants:' -- sweep --fake-launches 1 alpha -r 60 -w 1 --pace 20ms --run-file run.jsonl --resume
  misuse 2 'executor:' 'launcher_cpu' -- \
    sweep --fake-launches 1 alpha beta -r 60 -w 1 --pace 20ms --launcher-cpu 0 --run-file run.jsonl --resume
}

@test "a variant that was stopped stays stopped" {
  cat >functions/beta/function.toml <<EOF
$(function_toml beta '["health"]')
[env]
FAKE_OUTCOME = "crashed"
EOF
  start_slow_sweep --env X=1
  sleep 1
  kill -INT "$sweep"
  wait "$sweep" || true
  frostbyte sweep --resume --run-file run.jsonl --fake-launches 1 >out 2>/dev/null
  [[ $(grep -c '"sequence".*"beta"' run.jsonl) -eq 5 ]]
}
