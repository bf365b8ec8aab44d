#!/usr/bin/env bats
# Every format, read by what reads it elsewhere: names are hostile, checks have every status. The consumers are real
# where there is one to install (xmllint, promtool, Prometheus' own parser, hyperfine), a schema where there is none.
bats_require_minimum_version 1.5.0

setup_file() {
  root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  export fixtures=$root/tests/fixtures/formats
  export written=$BATS_FILE_TMPDIR/written
  mkdir -p "$written"
  # Debian's Python has the consumers' libraries; another one earlier on the PATH may not.
  export python=/usr/bin/python3
  "$python" "$fixtures/hostile_run.py" "$written"
  local status=0 outputs=() format
  for format in json junit github openmetrics hyperfine github-action-benchmark bencher console markdown csv csv-summary; do
    outputs+=(-o "$format=$written/$format")
  done
  "$FROSTBYTE" report "$written/hostile.jsonl" --budget "$written/hostile, 100%: budgets.toml" "${outputs[@]}" || status=$?
  echo "$status" >"$written/status"
}

# reads FORMAT: its consumer reads what was written, and every name is in it.
reads() { "$python" "$fixtures/check.py" "$1" "$written/$1" "${@:2}"; }

@test "the gate failed, in one run that wrote every format" { [[ $(<"$written/status") == 1 ]]; }

@test "json follows its schema and keeps every name" { reads json; }

@test "junit follows the schema of its readers" {
  xmllint --noout --schema "$fixtures/junit.xsd" "$written/junit"
  reads junit
}

@test "github annotations are workflow commands that no name can break out of" { reads github; }

@test "openmetrics is what promtool and Prometheus' own parser accept" {
  promtool check metrics <"$written/openmetrics"
  reads openmetrics
}

@test "openmetrics with time stamps becomes blocks of a Prometheus database" {
  cd "$BATS_TEST_TMPDIR"
  sed -E '/^#/!s/$/ 1767225600/' "$written/openmetrics" >stamped
  promtool tsdb create-blocks-from openmetrics stamped "$BATS_TEST_TMPDIR/blocks"
  [[ -n $(ls "$BATS_TEST_TMPDIR/blocks") ]]
}

@test "hyperfine's form is the one hyperfine exports" {
  cd "$BATS_TEST_TMPDIR"
  hyperfine --shell=none --runs 2 --export-json reference.json -L value 1 'true {value}' >/dev/null
  reads hyperfine "$PWD/reference.json"
}

@test "hyperfine's own scripts read it" {
  cd "$BATS_TEST_TMPDIR"
  "$BATS_TEST_DIRNAME/hyperfine_scripts.sh" >scripts || skip "not applicable: hyperfine's sources are not to be had"
  "$python" -c 'import matplotlib' || skip "not applicable: no matplotlib"
  local scripts
  scripts=$(<scripts)
  export MPLBACKEND=Agg
  "$python" "$scripts/plot_whisker.py" "$written/hyperfine" -o whisker.png
  "$python" "$scripts/plot_histogram.py" "$written/hyperfine" -o histogram.png
  "$python" "$scripts/plot_progression.py" "$written/hyperfine" -o progression.png
  "$python" "$scripts/advanced_statistics.py" "$written/hyperfine" >statistics
  file whisker.png histogram.png progression.png
  [[ $(grep -c 'median:' statistics) == 11 ]]
}

@test "github-action-benchmark follows its schema" { reads github-action-benchmark; }

@test "bencher follows its schema" { reads bencher; }

@test "console and markdown show what needs attention first, and no control character" {
  local format
  for format in console markdown; do
    grep 'hecks: ' "$written/$format"
    grep -q -F 'hecks: 21 failed, 1 undecided, 11 warned, 1 ignored, 11 passed' "$written/$format"
    ! LC_ALL=C grep -q -P '[\x00-\x08\x0b-\x1f\x7f]' "$written/$format"
  done
}

@test "annotations are written beside the table when both go to standard output" {
  run "$FROSTBYTE" report "$written/hostile.jsonl" --budget "$written/hostile, 100%: budgets.toml" -o console=- -o github=-
  [[ $status == 1 ]]
  [[ $output == *'checks: '* && $output == *'::notice title=frostbyte::'* ]]
}
