# shellcheck shell=bash
# Builds the Debian package from a build tree and compares what is in it with what ought to be.
# Sourced by scripts/check; needs messages.sh and $build.
# shellcheck disable=SC2154  # set by scripts/check

# Files every package holds, as extended regular expressions, one of which each path in it must match in turn.
expected_files() {
  cat <<'FILES'
usr/bin/frostbyte
usr/lib/frostbyte/functions/workloads\.toml
usr/lib/frostbyte/functions/[^/]+/function\.toml
usr/lib/frostbyte/calibration/(known-delay|self-stamping)/function\.toml
usr/lib/frostbyte/calibration/known-delay/known-delay
usr/lib/frostbyte/calibration/self-stamping/self-stamping
usr/share/frostbyte/recipes/(scratch|static|busybox|debian)\.toml
usr/share/man/man1/frostbyte\.1\.gz
usr/share/bash-completion/completions/frostbyte
usr/share/zsh/vendor-completions/_frostbyte
usr/share/fish/vendor_completions\.d/frostbyte\.fish
usr/share/doc/frostbyte/copyright
usr/share/doc/frostbyte/changelog\.gz
FILES
}

# Files a package may hold besides: the programs of the functions, and documents.
allowed_files='usr/lib/frostbyte/functions/[^/]+/[^/]+|usr/share/doc/frostbyte/[A-Z]+\.md(\.gz)?'

build_package() {
  local log=$1/log
  (cd "$build" && cpack -G DEB -B "$1" --config CPackConfig.cmake) >"$log" 2>&1 || {
    cat "$log"
    return 1
  }
}

compare_files() {
  local listing=$1 status=0 pattern
  while read -r pattern; do
    grep -q -x -E -e "$pattern" "$listing" || { echo "the package lacks $pattern"; status=1; }
  done < <(expected_files)
  if grep -v -x -E -e "$(expected_files | paste -s -d '|')|$allowed_files" "$listing"; then
    echo "the package holds the unexpected files above"
    status=1
  fi
  return "$status"
}

# Functions are measured as they were built: packaging must not have touched a byte of them.
compare_functions() {
  local folder
  for folder in functions calibration; do
    diff -r --exclude=CMakeFiles --exclude=symbols --exclude='*.cmake' "$build/$folder" "$1/usr/lib/frostbyte/$folder"
  done
}

check_package() {
  local folder
  if [[ ! -x $build/bin/frostbyte ]]; then
    skip_or_fail package "$build/bin/frostbyte is not built"
    exit 77
  fi
  folder=$(mktemp -d)
  # shellcheck disable=SC2064  # the folder of now
  trap "rm -rf '$folder'" EXIT
  build_package "$folder"
  dpkg-deb -x "$folder"/frostbyte_*.deb "$folder/root"
  (cd "$folder/root" && find . ! -type d -printf '%P\n') >"$folder/listing"
  compare_files "$folder/listing"
  compare_functions "$folder/root"
  dpkg-deb -f "$folder"/frostbyte_*.deb Depends | grep -q 'libc6' || die "the package depends on no libraries"
}
