#!/usr/bin/env bats
# The scripts people start with: each explains itself, refuses what it does not know, and says which value was wrong.

setup() {
  root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  scripts=$root/scripts
  cd "$BATS_TEST_TMPDIR" || return
}

# refuses TEXT -- COMMAND…: usage error, the text on standard error, nothing on standard output.
refuses() {
  local text=$1 status=0
  shift 2
  "$@" >out 2>err </dev/null || status=$?
  cat err
  [[ $status -eq 2 ]] || { echo "status $status, expected 2"; return 1; }
  [[ ! -s out ]] || { echo "standard output: $(cat out)"; return 1; }
  grep -q -F -e "$text" err
}

@test "every script explains itself: its usage, --help, and nothing of its code" {
  local script
  for script in "$scripts"/{build-costs,check,leaks,publish,quickstart,setup,test,vm-test} "$scripts"/ci/{gate,fetch-baseline,install} "$root/.ci/run"; do
    run "$script" --help
    echo "$script: $output"
    [[ $status -eq 0 ]]
    [[ $output == *"${script#"$root"/}"* ]]
    [[ $output == *--help* ]]
    [[ $output != *"set -e"* ]]
  done
}

@test "every script refuses an option it does not know, by name" {
  local script
  for script in "$scripts"/{build-costs,check,leaks,publish,quickstart,setup,test,vm-test} "$root/.ci/run"; do
    refuses --no-such-option -- "$script" --no-such-option
  done
}

@test "an option without its value is refused" {
  refuses '--preset needs a value' -- "$scripts/test" --preset
  refuses '--build needs a value' -- "$scripts/check" --build
  refuses '--shell needs a value' -- "$scripts/vm-test" --shell
  refuses '--since needs a value' -- "$scripts/leaks" --since
}

@test "a number that is none is refused" {
  refuses "not 'soon'" -- "$scripts/vm-test" --timeout soon
  refuses "not '0'" -- "$scripts/vm-test" --memory 0
  refuses '--runs takes' -- "$scripts/quickstart" --runs many
}

@test "vm-test refuses both accounts at once, and a file that is not there" {
  refuses 'exclude each other' -- "$scripts/vm-test" --root --user
  refuses '/no/such/file' -- "$scripts/vm-test" --with /no/such/file
}

@test "vm-test without built tests says how to build them" {
  run "$scripts/vm-test" --build "$PWD/nothing"
  echo "$output"
  [[ $status -eq 3 || $status -eq 77 ]]
  [[ $output == *'cmake --build'* || $output == *'scripts/setup installs it'* ]]
}

@test "check refuses a check it does not have and names those it has" {
  refuses 'there are: format' -- "$scripts/check" spelling
}

@test "setup lists every package once; the minimal list is part of the whole" {
  "$scripts/setup" --list >all
  "$scripts/setup" --minimal --list >minimal
  [[ -s minimal ]]
  [[ -z $(cut -d ' ' -f 2 all | sort | uniq -d) ]]
  [[ -z $(comm -23 <(sort minimal) <(sort all)) ]]
  [[ $(wc -l <minimal) -lt $(wc -l <all) ]]
}

@test "leaks finds a folder left behind and, with --since, only what is new" {
  export TMPDIR=$PWD/tmp
  mkdir -p tmp/frostbyte-old
  "$scripts/leaks" >before
  grep -q -x "folder $TMPDIR/frostbyte-old" before
  mkdir tmp/frostbyte-new tmp/other
  run "$scripts/leaks" --since before
  echo "$output"
  [[ $status -eq 1 ]]
  [[ $output == *"folder $TMPDIR/frostbyte-new"* ]]
  [[ $output != *frostbyte-old* && $output != *other* ]]
}

@test "leaks finds a process whose program lies below the given folder" {
  mkdir tree
  cp "$(command -v sleep)" tree/sleep
  "$scripts/leaks" "$PWD/tree" >before
  tree/sleep 60 &
  local pid=$!
  run "$scripts/leaks" --since before "$PWD/tree"
  kill "$pid"
  echo "$output"
  [[ $status -eq 1 ]]
  [[ $output == *"process $pid $PWD/tree/sleep"* ]]
}

@test "build-costs measures what has a build, and says why the rest has no figure" {
  "$scripts/build-costs" --json costs.json c-nolibc python-http >table
  cat table
  grep -q -F '| c-nolibc |' table
  grep -q -F '| python-http | – | – |' table
  python3 - costs.json <<'PYTHON'
import json, sys
built, script = json.load(open(sys.argv[1]))["subjects"]
figures = {m["metric"]: m for m in built["metrics"]}
assert list(figures) == ["build.clean", "build.incremental", "build.lines", "build.dependencies"]
assert all(m["value"] > 0 for m in figures.values() if m["metric"] != "build.dependencies"), figures
assert figures["build.dependencies"]["value"] == 0
assert script["metrics"][0] == {"metric": "build.clean", "unit": "ns", "value": None, "reason": "there is nothing to build"}
assert built["labels"]["toolchain"] and script["labels"]["toolchain"].startswith("python3 3.")
PYTHON
}

@test "build-costs keeps what it does not measure now, of the same host" {
  "$scripts/build-costs" --json costs.json python-http >/dev/null
  "$scripts/build-costs" --json costs.json node-http >/dev/null
  python3 - <<'PY'
import json
report = json.load(open("costs.json"))
assert [subject["name"] for subject in report["subjects"]] == ["node-http", "python-http"], report
assert report["run"]["host"]["summary"]
report["run"]["host"]["cpus"] += 1
json.dump(report, open("costs.json", "w"))
PY
  "$scripts/build-costs" --json costs.json node-http >/dev/null
  python3 -c 'import json; assert len(json.load(open("costs.json"))["subjects"]) == 1'
}

@test "build-costs leaves the sources as they were" {
  checksums() { (cd "$root" && find functions -type f -print0 | sort -z | xargs -0 sha256sum); }
  checksums >before
  "$scripts/build-costs" c-nolibc >/dev/null 2>&1
  checksums | diff before -
}

@test "build-costs refuses what it does not know" {
  refuses 'there are: ' -- "$scripts/build-costs" no-such-function
  refuses '--repeat takes' -- "$scripts/build-costs" --repeat 0
}

@test "a promise of METHOD.md that no test holds is named" {
  # shellcheck source=scripts/lib/promises.sh
  source "$scripts/lib/promises.sh"
  source_root=$root
  check_promises "$root/METHOD.md"
  # shellcheck disable=SC2016  # a back quote here is markdown's
  printf '## Promises\n| promise | test |\n|---|---|\n| a | `Intervals.PartsSumToTheWhole`, `No.Such` |\n| b | `%s` |\n' \
    'compare.bats: no such test' >wrong.md
  run check_promises wrong.md
  echo "$output"
  [[ $status -ne 0 ]]
  [[ $output == *"there is no 'No.Such'"* && $output == *"there is no 'compare.bats: no such test'"* ]]
  [[ $output != *Intervals* ]]
}

@test "a skip that nothing excuses is named, of GoogleTest and of bats" {
  # shellcheck source=scripts/lib/skips.sh
  source "$scripts/lib/skips.sh"
  cat >LastTest.log <<'EOF'
1/5 Testing: unit/runs
[       OK ] Runs.Well
2/5 Testing: integration/needs
[  SKIPPED ] Needs.Root
3/5 Testing: integration/other
other.cc:3: Skipped
not applicable: this host has cgroup v1
[  SKIPPED ] Other.Host
4/5 Testing: cli/generated
1..4
ok 1 help names every command
ok 2 the man page (roff) has no errors # skip groff is not installed
ok 3 an image is gated # skip not applicable: no image metrics
ok 4 the zsh completion is zsh # skip
5/5 Testing: cli/last
1..1
ok 1 prints '# skip' # skip not applicable: nowhere
EOF
  run unexcused_skips LastTest.log
  echo "$output"
  [[ $output == "integration/needs
cli/generated (the man page (roff) has no errors)
cli/generated (the zsh completion is zsh)" ]]
}

@test "publish refuses a step that is none, and a build tree without the program" {
  refuses 'invalid choice' -- "$scripts/publish" --only everything
  refuses '--runs takes' -- "$scripts/publish" --runs 0
  run "$scripts/publish" --build "$PWD/nothing" --only documents
  echo "$output"
  [[ $status -eq 3 && $output == *"is not built: cmake --build"* ]]
}
