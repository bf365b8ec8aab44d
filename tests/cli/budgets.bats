#!/usr/bin/env bats
# Budgets as a pipeline meets them: what is judged, when, and the exit status. Launches are made up and the same
# everywhere; limits are far from their figures, on either side.
load common

budget() { printf '%s\n' '[[budget]]' "$@" >>budgets.toml; }
gate() { fake alpha -r 30 --budget budgets.toml "$@"; }

@test "a limit that is kept passes" {
  budget 'metric = "launch.exec_to_first_response"' 'max = "10 s"'
  budget 'metric = "binary.file"' 'subject = "alp*"' 'max = "12 B"'
  run gate
  echo "$output"
  [[ $status -eq 0 ]]
  [[ $output == *'checks: 2 passed'* ]]
}

@test "a limit that is not kept fails, and the output says by how much, why it matters and where it stands" {
  budget 'metric = "binary.file"' 'max = "10 B"' 'message = "every byte is pulled"'
  run gate
  echo "$output"
  [[ $status -eq 1 ]]
  [[ $output == *'failed     binary.file of alpha: at most 10 B'* ]]
  [[ $output == *'12 B, 2 B above the limit'* ]]
  [[ $output == *'every byte is pulled'* ]]
  [[ $output == *'budgets.toml:1'* ]]
}

@test "level warn is shown and passes" {
  budget 'metric = "binary.file"' 'max = "10 B"' 'level = "warn"'
  run gate
  [[ $status -eq 0 ]]
  [[ $output == *'1 warned'* ]]
}

@test "a limit inside a figure's interval is undecided: exit status 4" {
  gate_free=$(fake alpha -r 30 -o json=-)
  median=$(python3 -c 'import json,sys; m=[m for m in json.load(sys.stdin)["subjects"][0]["metrics"] if m["metric"]=="launch.exec_to_first_response"][0]; assert m["ci_low"] < m["ci_high"]; print((m["ci_low"] + m["ci_high"]) // 2)' <<<"$gate_free")
  budget 'metric = "launch.exec_to_first_response"' "max = \"$median ns\""
  run gate
  echo "$output"
  [[ $status -eq 4 ]]
  [[ $output == *undecided* ]]
}

@test "a metric that could not be measured fails its budget, whatever the limit" {
  budget 'metric = "launch.exec_to_first_response.p99"' 'max = "1 h"'
  run gate
  echo "$output"
  [[ $status -eq 1 ]]
  [[ $output == *'p99 needs 299 successful launches, and there were 30'* ]]
}

@test "several budget files are judged together, and a saved run as the sweep itself" {
  budget 'metric = "launch.exec_to_first_response"' 'max = "10 s"'
  printf '[[budget]]\nmetric = "binary.file"\nmax = "10 B"\n' >sizes.toml
  run gate --budget sizes.toml --run-file run.jsonl
  [[ $status -eq 1 ]]
  [[ $output == *'1 failed, 1 passed'* ]]
  run frostbyte report run.jsonl --budget budgets.toml --budget sizes.toml
  [[ $status -eq 1 ]]
  [[ $output == *'1 failed, 1 passed'* ]]
}

@test "an ignore covers a failure until its day, and an expired one says that it expired" {
  budget 'metric = "binary.file"' 'max = "10 B"'
  printf '[[ignore]]\nmetric = "binary.file"\nreason = "bigger for now"\nexpires = 2999-12-31\n' >ignore.toml
  run gate --budget ignore.toml
  echo "$output"
  [[ $status -eq 0 ]]
  [[ $output == *'ignored until 2999-12-31'* && $output == *'bigger for now'* ]]
  sed -i 's/2999/2020/' ignore.toml
  run gate --budget ignore.toml -o json=-
  [[ $status -eq 1 ]]
  [[ $output == *'expired on 2020-12-31'* ]]
}

@test "a limit relative to a base fails without one, and --no-base accepts that" {
  budget 'metric = "binary.file"' 'max_increase = "3 %"'
  run gate
  [[ $status -eq 1 ]]
  [[ $output == *'there is no base to hold it against'* ]]
  run gate --no-base
  [[ $status -eq 0 ]]
  [[ $output == *'1 ignored'* && $output == *'there is no base yet'* ]]
}

@test "budgets on images are left to the command that measures images, and that is said" {
  budget 'metric = "binary.file"' 'max = "10 kB"'
  cp budgets.toml both.toml
  frostbyte --generate metrics | grep -q -F 'image.transfer' || skip "not applicable: no image metrics"
  printf '[[budget]]\nmetric = "image.transfer"\nsubject = "nothing:*"\nmax = "1 MiB"\n' >>both.toml
  run fake alpha -r 5 --budget both.toml
  echo "$output"
  [[ $status -eq 0 ]]
  [[ $output == *'a budget on image.transfer is not this command'* ]]
}

@test "mistakes in a budget file cost no measurement" {
  budget 'metric = "binary.file"' 'subject = "alhpa"' 'max = "10 B"'
  misuse 2 'budgets.toml:1' "no subject matches 'alhpa'" "did you mean 'alpha'" 'optional = true' -- \
    sweep --fake-launches 1 alpha --budget budgets.toml --run-file run.jsonl
  [[ ! -e run.jsonl ]]
  echo 'optional = true' >>budgets.toml
  fake alpha -r 2 --budget budgets.toml
  echo 'maxx = 1' >>budgets.toml
  misuse 2 'budgets.toml:6' "unknown key 'budget.maxx'" "did you mean 'max'" -- sweep alpha --budget budgets.toml
  misuse 2 'nowhere.toml' -- sweep alpha --budget nowhere.toml
  : >empty.toml
  misuse 2 'empty.toml' 'no [[budget]]' -- sweep alpha --budget empty.toml
}

@test "an interrupted or failing sweep says so first: its exit status stands above the gate's" {
  budget 'metric = "binary.file"' 'max = "10 B"'
  local got=0
  frostbyte sweep --max-failures 1 -r 3 -n none --command /bin/false --port 80 --isolation none --budget budgets.toml >out 2>err || got=$?
  cat out err
  [[ $got -eq 3 ]]
  grep -q 'checks: 1 failed' out
}
