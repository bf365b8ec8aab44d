#!/usr/bin/env bats
# Published figures: the committed runs give the committed tables, without a launch.
load common

root=$BATS_TEST_DIRNAME/../..

# The part of a document that stands between two comments.
generated_part() { awk -v begin="<!-- generated: frostbyte $2 -->" '$0 == begin { inside = 1; next } /^<!-- end of/ { inside = 0 } inside' "$1"; }

@test "the committed runs give the committed tables" {
  local words document
  cd "$root"
  for document in results/published/README.md README.md; do
    words="claims results/published/claims.toml --runs results/published --measure none --quiet -o markdown=-"
    [[ $document != README.md ]] || words=${words/markdown=-/summary=-}
    # shellcheck disable=SC2086  # words
    frostbyte $words >"$BATS_TEST_TMPDIR/fresh"
    [[ $(wc -l <"$BATS_TEST_TMPDIR/fresh") -gt 15 ]]
    generated_part "$document" "$words" | diff - "$BATS_TEST_TMPDIR/fresh"
  done
}

@test "every claim from C1 to C15 has a verdict or a reason" {
  cd "$root"
  frostbyte claims results/published/claims.toml --runs results/published --measure none --quiet -o json=- >"$BATS_TEST_TMPDIR/json"
  python3 - "$BATS_TEST_TMPDIR/json" <<'PY'
import json, sys
report = json.load(open(sys.argv[1]))
assert report["host"]
verdicts = {"reproduced", "contradicted", "undecided", "not measurable here"}
for claim in report["claims"]:
    assert claim["verdict"] in verdicts, claim
    assert claim["verdict"] != "not measurable here" or claim["reason"], claim
assert {claim["id"] for claim in report["claims"]} == {f"C{i}" for i in range(1, 16)}
PY
}

@test "without runs and without launches nothing can be measured, and the table says so" {
  frostbyte claims "$root/results/published/claims.toml" --runs empty --measure none --quiet -o json=- >json
  python3 - <<'PY'
import json
for claim in json.load(open("json"))["claims"]:
    assert claim["verdict"] == "not measurable here" and claim["reason"], claim
PY
}
