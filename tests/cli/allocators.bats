#!/usr/bin/env bats
# `compare --by allocator`: no build is timed under the name of an allocator that it does not have.
load common

built=${FROSTBYTE%/*}/../functions

# liar NAME PROGRAM LABEL [FURTHER LINES]: alloc-cpp with one variant, whose program and label are these.
liar() {
  mkdir -p "functions/$1"
  cp "$built"/alloc-cpp/alloc-cpp-* "functions/$1"
  cp "$built/workloads.toml" "functions/$1"
  {
    sed '/^# ---- static builds/,$d; s/^name .*/name = "'"$1"'"/' "$built/alloc-cpp/function.toml"
    printf '[[variant]]\nname = "it"\ncommand = ["./%s"]\nlabels = { allocator = "%s" }\n%s\n' "$2" "$3" "${4:-}"
  } >"functions/$1/function.toml"
}

@test "each build is proven before it is timed" {
  liar honest alloc-cpp-bump bump
  "$FROSTBYTE" compare --by allocator honest -r 2 -w 0 >out 2>err || [[ $? -eq 4 ]]
  cat err
  grep -q 'honest is glibc: stripped file: glibc (.*); the process answers glibc' err
  grep -q 'honest:it is bump: .*; the process answers bump' err
}

# Debian's libmimalloc-dev has no static archive: a link that names mimalloc and leaves it to the order of the archives
# is a program on glibc's allocator, which nothing in a stripped file denies.
@test "a careless link that is glibc's after all is not compared as mimalloc" {
  liar careless alloc-cpp-glibc mimalloc
  misuse 3 'prove the allocator of' 'careless:it' 'its label says mimalloc' 'glibc' 'rebuild' -- \
    compare --by allocator careless --run-file run.jsonl
  [[ ! -e run.jsonl ]]
}

@test "a stripped build with another allocator than its label's is refused by what its file shows" {
  [[ -x $built/alloc-cpp/alloc-cpp-jemalloc ]] || skip "not applicable: no libjemalloc.a here"
  liar mislabelled alloc-cpp-jemalloc bump
  misuse 3 'mislabelled:it' 'its label says bump, and its file has jemalloc' -- compare --by allocator mislabelled
}

@test "a library that could not be preloaded is noticed" {
  liar unloaded alloc-cpp-dynamic jemalloc 'env = { LD_PRELOAD = "libjemalloc.so.99" }'
  misuse 3 'unloaded:it' 'its label says jemalloc' 'glibc' -- compare --by allocator unloaded
}

@test "a setting that did not take effect is noticed" {
  liar late alloc-cpp-glibc glibc 'settings = { arena_max = "1" }'
  sed -i 's/labels = { allocator = "glibc" }/labels = { knob = "one arena" }/' functions/late/function.toml
  misuse 3 'prove the settings of' 'late:it' 'did not take effect' 'arena_max' 'too late' -- compare --by knob late
  printf 'env = { GLIBC_TUNABLES = "glibc.malloc.arena_max=1" }\n' >>functions/late/function.toml
  "$FROSTBYTE" compare --by knob late -r 2 -w 0 >out 2>err || [[ $? -eq 4 ]]
  grep -q 'late:it is glibc: .*; the process answers glibc, arena_max=1 in effect' err
}
