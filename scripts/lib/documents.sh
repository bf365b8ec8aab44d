# shellcheck shell=bash
# Documents repeat parts of what the program knows. Such a part stands between two comments, the first of which names the
# command that prints it, and is compared with what that command prints now:
#
#   <!-- generated: frostbyte --generate metrics -->
#   …
#   <!-- end of generated part -->
#
# Sourced by scripts/check; needs messages.sh, $build and $fix.
# shellcheck disable=SC2154  # set by scripts/check

generated_begin='^<!-- generated: frostbyte (.*) -->$'
generated_end='<!-- end of generated part -->'

# The document with each generated part as the program prints it now.
regenerate() {
  local line arguments inside=0
  while IFS= read -r line; do
    [[ $line == "$generated_end" ]] && inside=0
    [[ $inside == 1 ]] || printf '%s\n' "$line"
    if [[ $line =~ $generated_begin ]]; then
      inside=1
      read -r -a arguments <<<"${BASH_REMATCH[1]}"
      "$build/bin/frostbyte" "${arguments[@]}" </dev/null
    fi
  done <"$1"
  [[ $inside == 0 ]] || die "$1: a generated part without its end"
}

check_document() {
  local document=$1 fresh
  fresh=$(mktemp)
  regenerate "$document" >"$fresh"
  if ! cmp -s "$document" "$fresh"; then
    if [[ $fix == 1 ]]; then
      cat "$fresh" >"$document"
    else
      diff -u --label "$document" --label "$document as generated" "$document" "$fresh" || true
      rm "$fresh"
      echo "$document: out of date; run: scripts/check --fix documents"
      return 1
    fi
  fi
  rm "$fresh"
}

# The completions are programs of three shells: each must at least be one. Shells that are not here cannot say.
check_completions() {
  local shell script
  for shell in bash zsh fish; do
    script=$("$build/bin/frostbyte" --generate "completion-$shell")
    [[ -n $script ]] || die "frostbyte --generate completion-$shell prints nothing"
    ! command -v "$shell" >/dev/null || "$shell" -n <(printf '%s\n' "$script")
  done
}

check_manual() {
  local page
  page=$("$build/bin/frostbyte" --generate man)
  [[ $page == .TH* || $page == *$'\n.TH'* ]] || die "frostbyte --generate man prints no manual page"
  ! command -v groff >/dev/null || [[ -z $(groff -man -Tutf8 -wall -z <(printf '%s\n' "$page") 2>&1) ]]
}

check_documents() {
  local document
  if [[ ! -x $build/bin/frostbyte ]]; then
    skip_or_fail documents "$build/bin/frostbyte is not built"
    exit 77
  fi
  while read -r document; do
    check_document "$document"
  done < <(git_files '*.md')
  check_promises "$source_root/METHOD.md"
  check_completions
  check_manual
}
