#!/usr/bin/env bats
# The shell of the GitHub action and of the GitLab example, as they run it: the scripts are the real ones, launches are
# made up, gh and curl are stand-ins that answer as the servers do.
load common

setup_ci() {
  ci=$(cd "$BATS_TEST_DIRNAME/../../scripts/ci" && pwd)
  unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY
  mkdir -p bin
  export PATH=$PWD/bin:$PATH
}

# stand_in NAME: standard input becomes a program of that name.
stand_in() {
  { echo '#!/usr/bin/env bash'; cat; } >"bin/$1"
  chmod +x "bin/$1"
}

limit() { printf '[[budget]]\nmetric = "binary.file"\n%s\n' "$1" >budgets.toml; }
gate() { "$ci/gate" "$@" -- alpha --fake-launches 1 --seed 1 -r 20; }

@test "gate: what is kept passes and leaves everything a server shows, and the next baseline" {
  setup_ci
  limit 'max = "1 kB"'
  run gate --budget budgets.toml
  echo "$output"
  [[ $status -eq 0 ]]
  local file
  for file in summary.md report.json checks.xml annotations.txt baseline.jsonl; do [[ -s frostbyte-results/$file ]]; done
  [[ $output == *'checks: 1 passed'* ]]
  [[ $output != *'::notice'* ]]
}

@test "gate: on GitHub the summary and the annotations go where GitHub looks" {
  setup_ci
  limit 'max = "1 B"'
  export GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$PWD/step-summary
  echo 'from a step before' >step-summary
  run gate --budget budgets.toml --results out
  echo "$output"
  [[ $status -eq 1 ]]
  [[ $output == *'::error file=budgets.toml,line=1,title=frostbyte%3A alpha failed::binary.file of alpha'* ]]
  grep -q 'from a step before' step-summary
  grep -q -F '**failed**' step-summary
}

@test "gate: without a baseline relative limits are left out, aloud" {
  setup_ci
  limit 'max_increase = "1 %"'
  run gate --budget budgets.toml --baseline nowhere.jsonl
  echo "$output"
  [[ $status -eq 0 ]]
  [[ $output == *'no baseline at nowhere.jsonl'* ]]
  [[ $output == *'1 ignored'* ]]
}

@test "gate: with a baseline it compares with it, and a program that grew fails" {
  setup_ci
  frostbyte --help | grep -q '^  compare' || skip "not applicable: no compare"
  limit 'max_increase = "1 %"'
  gate --save base.jsonl >/dev/null
  run gate --budget budgets.toml --baseline base.jsonl --inconclusive warn
  echo "$output"
  [[ $output == *'1 passed'* ]]
  printf 'thirteen bytes' >functions/alpha/alpha
  run gate --budget budgets.toml --baseline base.jsonl
  echo "$output"
  [[ $status -eq 1 ]]
  [[ $output == *'binary.file of alpha'* ]]
  [[ -s frostbyte-results/baseline.jsonl ]]
}

@test "gate: an undecided answer warns, or fails when that is asked for" {
  setup_ci
  stand_in answers4 <<<'exit 4'
  FROSTBYTE=answers4 GITHUB_ACTIONS=true run gate
  echo "$output"
  [[ $status -eq 0 ]]
  [[ $output == *'::warning title=frostbyte::undecided'* ]]
  FROSTBYTE=answers4 run gate --inconclusive fail
  [[ $status -eq 4 ]]
}

@test "gate: what cannot be measured or meant fails, whatever is accepted" {
  setup_ci
  stand_in answers3 <<<'exit 3'
  FROSTBYTE=answers3 run gate
  [[ $status -eq 3 ]]
  limit 'maximum = "1 B"'
  run gate --budget budgets.toml
  [[ $status -eq 2 ]]
  [[ $output == *"unknown key 'budget.maximum'"* ]]
  run "$ci/gate"
  [[ $status -eq 2 ]]
  run gate --inconclusive perhaps
  [[ $status -eq 2 ]]
}

@test "gate: --sudo measures as root and gives the files back" {
  setup_ci
  stand_in sudo <<'EOF'
echo "as root: $*" >>"$SUDO_LOG"
[[ $1 != --preserve-env ]] || shift
exec "$@"
EOF
  export SUDO_LOG=$PWD/sudo.log
  run gate --sudo
  echo "$output"
  [[ $status -eq 0 ]]
  grep -q 'as root: --preserve-env .* sweep' sudo.log
  grep -q "as root: --preserve-env chown -R $(id -u):$(id -g) frostbyte-results" sudo.log
}

@test "fetch-baseline github: takes the newest run of the branch itself, and none of a fork's" {
  setup_ci
  cat >artifacts.json <<'EOF'
{"artifacts": [
 {"id": 1, "expired": false, "created_at": "2026-01-01T00:00:00Z",
  "workflow_run": {"head_branch": "main", "repository_id": 7, "head_repository_id": 7}},
 {"id": 2, "expired": false, "created_at": "2026-01-03T00:00:00Z",
  "workflow_run": {"head_branch": "main", "repository_id": 7, "head_repository_id": 7}},
 {"id": 3, "expired": false, "created_at": "2026-01-09T00:00:00Z",
  "workflow_run": {"head_branch": "main", "repository_id": 7, "head_repository_id": 666}},
 {"id": 4, "expired": true, "created_at": "2026-01-08T00:00:00Z",
  "workflow_run": {"head_branch": "main", "repository_id": 7, "head_repository_id": 7}},
 {"id": 5, "expired": false, "created_at": "2026-01-07T00:00:00Z",
  "workflow_run": {"head_branch": "topic", "repository_id": 7, "head_repository_id": 7}}]}
EOF
  stand_in gh <<'EOF'
case "$*" in
  *"actions/artifacts?name=frostbyte-baseline"*) jq -r "$4" <artifacts.json ;;
  *actions/artifacts/2/zip) cat artifact.zip ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
EOF
  mkdir content && echo '{"schema":"frostbyte.run/1"}' >content/baseline.jsonl && echo other >content/summary.md
  python3 -c 'import shutil; shutil.make_archive("artifact", "zip", "content")'
  GITHUB_REPOSITORY=o/r run "$ci/fetch-baseline" github main base/base.jsonl
  echo "$output"
  [[ $status -eq 0 ]]
  [[ $(<base/base.jsonl) == '{"schema":"frostbyte.run/1"}' ]]
}

@test "fetch-baseline: without one the file is gone, the reason is said and the pipeline goes on" {
  setup_ci
  echo stale >base.jsonl
  stand_in gh <<<'exit 0'
  GITHUB_REPOSITORY=o/r run "$ci/fetch-baseline" github main base.jsonl
  [[ $status -eq 0 && ! -e base.jsonl ]]
  [[ $output == *'no baseline of main: no pipeline of it kept one'* ]]
  stand_in gh <<<'exit 1'
  GITHUB_REPOSITORY=o/r run "$ci/fetch-baseline" github main base.jsonl
  [[ $status -eq 0 ]]
  [[ $output == *'cannot be listed'* ]]
}

@test "fetch-baseline gitlab: asks for the target branch's artifact, with the token off the command line" {
  setup_ci
  stand_in curl <<'EOF'
printf '%s\n' "$@" >curl.arguments
cat >curl.config
while [[ $1 != --output ]]; do shift; done
echo '{"schema":"frostbyte.run/1"}' >"$2"
EOF
  export CI_API_V4_URL=https://gitlab.example/api/v4 CI_PROJECT_ID=5 CI_JOB_NAME=frostbyte CI_JOB_TOKEN=a-token-of-a-job
  run "$ci/fetch-baseline" gitlab release/1.x base.jsonl
  echo "$output"
  [[ $status -eq 0 && -s base.jsonl ]]
  grep -q -x 'https://gitlab.example/api/v4/projects/5/jobs/artifacts/release%2F1.x/raw/frostbyte-results/baseline.jsonl' curl.arguments
  grep -q 'JOB-TOKEN: a-token-of-a-job' curl.config
  lacks a-token curl.arguments
  stand_in curl <<<'exit 22'
  run "$ci/fetch-baseline" gitlab main base.jsonl
  [[ $status -eq 0 && ! -e base.jsonl ]]
}

@test "fetch-baseline refuses branches that could be anything else" {
  setup_ci
  run "$ci/fetch-baseline" github 'main" or true or "' base.jsonl
  [[ $status -eq 2 ]]
  run "$ci/fetch-baseline" bitbucket main base.jsonl
  [[ $status -eq 2 ]]
}

@test "install: says what is installed, and refuses a package that is not there" {
  setup_ci
  local version
  version=$(sed -n 's/^project(frostbyte VERSION \([0-9.]*\).*/\1/p' "$ci/../../CMakeLists.txt")
  stand_in frostbyte <<<"echo 'frostbyte $version (abc)'"
  run "$ci/install"
  [[ $status -eq 0 ]]
  [[ $output == *"frostbyte $version (abc) is installed"* ]]
  stand_in frostbyte <<<"echo 'frostbyte 0.0.1'"
  run "$ci/install" --deb ./no-such.deb
  [[ $status -eq 3 ]]
  [[ $output == *'no package at ./no-such.deb'* ]]
}

@test "the action and the examples call these scripts and hold no shell of their own" {
  setup_ci
  /usr/bin/python3 - "$ci" <<'EOF'
import pathlib, re, sys, yaml
ci = pathlib.Path(sys.argv[1])
action = yaml.safe_load((ci / "action.yml").read_text())
assert set(action) == {"name", "description", "inputs", "runs"}, action.keys()
assert action["runs"]["using"] == "composite"
used = set()
for step in action["runs"]["steps"]:
    assert ("run" in step) != ("uses" in step), step
    if "uses" in step:
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
        continue
    assert step["shell"] == "bash"
    script = re.match(r'"\$GITHUB_ACTION_PATH/([a-z-]+)" ', step["run"])
    assert script, step["run"]
    used.add(script[1])
    assert not re.search(r"[;|&`<>]|\$\(", step["run"]), f"one command only: {step['run']}"
    assert "${{" not in step["run"], "inputs are data: they come through the environment"
    names = set(re.findall(r"\$\{?([A-Z_]+)", step["run"]))
    assert names <= set(step.get("env", {})) | {"GITHUB_ACTION_PATH", "RUNNER_TEMP"}, names
    for value in step.get("env", {}).values():
        name = re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value)[1]
        assert name in action["inputs"], name
assert used == {"install", "fetch-baseline", "gate"}
for name, entry in action["inputs"].items():
    assert entry["description"] and ("default" in entry or entry["required"]), name
gitlab = yaml.safe_load((ci / "gitlab.yml").read_text())
called = [line.split()[0].rsplit("/")[-1] for line in gitlab["frostbyte"]["script"] if "scripts/ci/" in line]
assert called == ["install", "fetch-baseline", "gate"], called
workflow = yaml.safe_load((ci / "github-workflow.yml").read_text())
assert workflow["permissions"] == {"contents": "read", "actions": "read"}, "a fork's token can do this much"
given = set(workflow["jobs"]["gate"]["steps"][-1]["with"])
assert given <= set(action["inputs"]), given
EOF
}

@test "actionlint finds nothing in the example and in its use of the action" {
  setup_ci
  export GOBIN=$PWD/bin
  command -v actionlint >/dev/null || timeout 280 go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7 >/dev/null 2>&1 ||
    skip "not applicable: no actionlint, and no Go or module proxy to get it with"
  mkdir -p project/.github/workflows project/scripts
  cp -r "$ci" project/scripts/ci
  cp "$ci/github-workflow.yml" project/.github/workflows/
  git init -q project
  cd project
  actionlint -no-color
  sed -i 's/ budget:/ budgett:/' .github/workflows/github-workflow.yml
  run actionlint -no-color
  [[ $status -eq 1 && $output == *budgett* ]] # it does look into the action
}
