#!/usr/bin/env bats
# A sweep from the flags to the files, with made-up launches.
load common

@test "prints the table on standard output and nothing on standard error in a pipe" {
  fake alpha beta -r 10 >out 2>err
  grep -q alpha out
  grep -q beta out
  [[ ! -s err ]]
}

@test "gives the same output for the same seed" {
  fake alpha beta -r 20 >one
  fake alpha beta -r 20 >two
  diff one two
}

@test "writes as many samples as launches were asked for, in shuffled whole rounds" {
  fake alpha beta alpha -r 7 -w 2 --run-file run.jsonl >/dev/null
  [[ $(grep -c '"sequence"' run.jsonl) -eq 27 ]]
  python3 - <<'EOF'
import json
lines = [json.loads(line) for line in open("run.jsonl")]
samples = [line for line in lines if "sequence" in line]
assert [sample["sequence"] for sample in samples] == list(range(27))
names = {"alpha", "beta", "alpha#2"}
orders = set()
for i in range(0, 27, 3):
    order = tuple(sample["variant"] for sample in samples[i:i + 3])
    assert set(order) == names, order
    orders.add(order)
assert len(orders) > 1
EOF
}

@test "every format renders, to files at once" {
  fake alpha -r 10 -o json=x.json -o csv=x.csv -o markdown=x.md -o console=x.txt >out
  [[ ! -s out ]]
  python3 -c 'import json; assert json.load(open("x.json"))["subjects"][0]["name"] == "alpha"'
  [[ -s x.csv && -s x.md && -s x.txt ]]
}

@test "json on standard output is json and nothing else" {
  fake alpha -r 10 -o json=- | python3 -c 'import json, sys; json.load(sys.stdin)'
}

@test "a run copied to standard output is the run file" {
  fake alpha -r 3 --run-file run.jsonl -o run=- >copy
  diff run.jsonl copy
}

@test "a run file beside no other output still prints the table" {
  fake alpha -r 3 --run-file run.jsonl | grep -q alpha
  fake alpha -r 3 -o run=again.jsonl | grep -q alpha
}

@test "a report of the run is what the sweep printed" {
  fake alpha beta -r 12 --run-file run.jsonl -o console=- -o json=x.json >sweep.txt
  frostbyte report run.jsonl >report.txt
  diff sweep.txt report.txt
  frostbyte report run.jsonl -o json=- | diff x.json -
}

@test "the binary's size is in the results" {
  fake alpha -r 3 -o json=- | python3 -c '
import json, sys
metrics = json.load(sys.stdin)["subjects"][0]["metrics"]
assert [m["value"] for m in metrics if m["metric"] == "binary.file"] == [12], metrics'
}

@test "--dry-run prints the plan and launches nothing" {
  "$FROSTBYTE" sweep alpha beta --isolation none --isolation namespaces -r 5 --seed 9 --dry-run --fake-launches 1 \
    --run-file run.jsonl >out
  grep -qF '4 variants x (5 runs + 3 warm-ups): 32 launches' out
  grep -qF 'alpha[isolation=none]' out
  grep -qF 'seed 9' out
  [[ ! -e run.jsonl ]]
}

@test "--dry-run names what every dimension does" {
  fake alpha --dry-run --cache warm,cold --contract port,listen-fds -L 'LOG=on,off' --memory-limit 64MiB --cpus 0.5,1 |
    grep -cF 'alpha[contract=' >count
  [[ $(cat count) -eq 32 ]] # 16 variants, listed and ordered
}

@test "values of a parameter list may hold commas" {
  fake alpha --dry-run -L 'X=a\,b,c' >out
  grep -qF 'alpha[X=a,b]' out
  grep -qF 'alpha[X=c]' out
}

@test "several bare commands keep their names" {
  fake --dry-run -n one --command 'true -p 80' --name two --command "sh -c 'exit 0'" >out
  grep -qxF one out
  grep -qxF two out
  grep -qF '  sh -c exit 0' out
}

@test "a bare command after -- keeps its own flags" {
  fake --dry-run --port 8080 --path /index.html -- true --port 8080 -r 5 --help >out
  grep -qF 'true --port 8080 -r 5 --help' out
  grep -qF 'GET /index.html -> 200' out
}

@test "a function that only fails is stopped, named, and does not hold up the others" {
  fake alpha -L FAKE_OUTCOME=ok,timeout -r 50 --run-file run.jsonl >out 2>err
  [[ $(grep -c '"sequence".*FAKE_OUTCOME=timeout' run.jsonl) -eq 5 ]]
  grep -qF 'stopped after identical failures: timeout' err
  grep -q timeout out
}

@test "--max-failures 0 launches on" {
  fake alpha --env FAKE_OUTCOME=timeout -r 20 --max-failures 0 --run-file run.jsonl >/dev/null 2>&1 || [[ $? -eq 3 ]]
  [[ $(grep -c '"sequence"' run.jsonl) -eq 23 ]]
}

@test "when every launch failed the exit status is 3 and the table is printed" {
  status=0
  fake alpha --env FAKE_OUTCOME=exec_failed -r 20 >out 2>err || status=$?
  [[ $status -eq 3 ]]
  grep -q 'made up: exec_failed' out
  grep -q 'every launch failed' err
}

@test "--time alone ends after whole rounds" {
  fake alpha beta --time 300ms --pace 1ms --run-file run.jsonl >/dev/null
  tail -n 1 run.jsonl | grep -q time_budget
  [[ $(($(grep -c '"sequence"' run.jsonl) % 2)) -eq 0 ]]
}

@test "NO_COLOR and --color never print no escape sequences, --color always does" {
  NO_COLOR=1 fake alpha -r 10 | lacks $'\x1b'
  fake alpha -r 10 --color never | lacks $'\x1b'
  fake alpha -r 10 --color always | grep -q $'\x1b'
}

@test "--overwrite replaces a run file" {
  fake alpha -r 3 --run-file run.jsonl >/dev/null
  fake alpha -r 5 --run-file run.jsonl --overwrite >/dev/null
  [[ $(grep -c '"sequence"' run.jsonl) -eq 8 ]]
}

@test "nothing is left in the temporary folder" {
  mkdir tmp
  TMPDIR=$PWD/tmp fake alpha -r 5 >/dev/null
  [[ -z $(ls -A tmp) ]]
}

@test "a process substitution can be an output" {
  fake alpha -r 5 -o json=>(cat >piped.json)
  for _ in {1..50}; do [[ -s piped.json ]] && break || sleep 0.1; done
  python3 -c 'import json; json.load(open("piped.json"))'
}

@test "functions/* of a shell is every function, and names what it leaves out" {
  touch functions/README.md
  mkdir functions/service
  fake functions/* -r 5 >out 2>err
  grep -q alpha out
  grep -q beta out
  [[ $(cat err) == 'skipped what holds no function: functions/README.md, functions/service, functions/workloads.toml' ]] || { cat err; false; }
}
