#!/usr/bin/env bats
# Help, man page and completions: made from the flags, complete, and accepted by the programs that read them.
load common

# The long flags of a command, as its help states them.
long_flags() { frostbyte "$@" --help | grep -oE -- '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u; }

needs() { command -v "$1" >/dev/null || skip "$1 is not installed"; }

@test "help goes to standard output and names every command" {
  frostbyte --help >out 2>err
  [[ ! -s err ]]
  for command in sweep pack report scrape claims doctor; do grep -q "^  $command" out; done
}

@test "help of a sweep fits 100 columns and hides what is not for users" {
  frostbyte sweep --help >out
  [[ $(LC_ALL=C.UTF-8 awk 'length > 100' out | wc -l) -eq 0 ]]
  lacks fake <out
  grep -qF 'hard memory limit' out
}

@test "the version is printed" { [[ $(frostbyte --version) =~ ^frostbyte\ [0-9]+\.[0-9]+\.[0-9]+ ]]; }

@test "the man page has no errors" {
  needs groff
  frostbyte --generate man >frostbyte.1
  warnings=$(groff -man -ww -z -K utf8 frostbyte.1 2>&1)
  [[ -z $warnings ]] || { echo "$warnings"; return 1; }
}

@test "the man page describes every flag and every exit status" {
  frostbyte --generate man >frostbyte.1
  for flag in $(long_flags sweep) $(long_flags pack) $(long_flags report) $(long_flags scrape) $(long_flags claims) $(long_flags doctor); do
    grep -qF -- "${flag//-/\\-}" frostbyte.1 || { echo "no $flag"; return 1; }
  done
  for status in 0 1 2 3 4 130; do grep -qx "$status" frostbyte.1; done
}

@test "the bash completion is bash, and offers commands, flags and values" {
  frostbyte --generate completion-bash >completion
  bash -n completion
  if command -v shellcheck >/dev/null; then shellcheck --shell=bash --exclude=SC2207,SC2034 completion; fi
  # shellcheck disable=SC1091
  source ./completion
  offered() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _frostbyte
    printf '%s\n' "${COMPREPLY[@]}"
  }
  offered frostbyte sw | grep -qx sweep
  offered frostbyte sweep --warm | grep -qx -- --warmup
  offered frostbyte sweep --cache c | grep -qx cold
  for flag in $(long_flags sweep); do offered frostbyte sweep "$flag" | grep -qx -- "$flag"; done
}

@test "the zsh completion is zsh" {
  needs zsh
  frostbyte --generate completion-zsh >completion
  zsh -n completion
}

@test "the zsh completion knows every flag" {
  frostbyte --generate completion-zsh >completion
  for flag in $(long_flags sweep); do grep -qF -- "$flag" completion; done
}

@test "the fish completion is fish" {
  needs fish
  frostbyte --generate completion-fish >completion
  fish --no-execute completion
}

@test "the fish completion knows every flag" {
  frostbyte --generate completion-fish >completion
  for flag in $(long_flags sweep); do grep -qF -- "-l ${flag#--} " completion; done
}
