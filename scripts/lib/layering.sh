# shellcheck shell=bash
# The include rule between modules, proven from the outside: a module sees the headers of the modules it declares and of
# no others. Reads the frostbyte_module() declarations, then asks the compiler with each module's own flags.
# Sourced by scripts/check; needs messages.sh, $source_root and a configured build tree.
# shellcheck disable=SC2154  # set by scripts/check

declare -A module_needs=()

# module_needs[launcher/sandbox]="launcher/base", from the CMakeLists.txt that declare modules.
read_modules() {
  local declaration word path reading
  while read -r declaration; do
    path='' reading=0
    for word in $declaration; do
      if [[ -z $path ]]; then
        path=$word
        module_needs[$path]=''
      elif [[ $word =~ ^[A-Z_]+$ ]]; then
        reading=$([[ $word == DEPENDS ]] && echo 1 || echo 0)
      elif [[ $reading == 1 ]]; then
        module_needs[$path]+="$word "
      fi
    done
  done < <(cat "$source_root"/{results,images,launcher}/CMakeLists.txt | tr '\n' ' ' |
    grep -o -E 'frostbyte_module\([^)]*\)' | sed -E 's/^frostbyte_module\(//; s/\)$//')
}

# Everything a module may include: itself, what it declares, and what those declare.
reachable_modules() {
  local -A seen=()
  local queue=("$1") module need
  while [[ ${#queue[@]} -gt 0 ]]; do
    module=${queue[0]}
    queue=("${queue[@]:1}")
    [[ -z ${seen[$module]:-} ]] || continue
    seen[$module]=1
    for need in ${module_needs[$module]}; do queue+=("$need"); done
  done
  printf '%s\n' "${!seen[@]}"
}

# A header of the module, relative to the source root.
header_of() {
  [[ -d $source_root/$1 ]] || return 0 # declared before it is written
  (cd "$source_root" && find "$1" -maxdepth 1 -name '*.h' | sort | head -n 1)
}

# A translation unit that does not compile when the module sees a header it must not, or misses one that it may.
write_probe() {
  local from=$1 reachable to header test message
  reachable=$(reachable_modules "$from")
  for to in "${!module_needs[@]}"; do
    header=$(header_of "$to")
    [[ -n $header ]] || continue
    if grep -q -x -F -e "$to" <<<"$reachable"; then
      test='!' message="$from declares $to and cannot include $header"
    else
      test='' message="$from does not declare $to and can include $header"
    fi
    printf '#if %s__has_include("%s")\n#error "%s"\n#endif\n' "$test" "$header" "$message"
  done
}

# The include directories one of the module's own sources is compiled with.
include_flags() {
  local tree=$1 module=$2
  python3 - "$tree/compile_commands.json" "$source_root/$module/" <<'PYTHON'
import json, os, shlex, sys
for entry in json.load(open(sys.argv[1])):
    if os.path.dirname(entry["file"]) + "/" == sys.argv[2]:
        words = shlex.split(entry["command"])
        print(*(w for i, w in enumerate(words) if w.startswith("-I") or "-isystem" in (w, words[i - 1])))
        break
PYTHON
}

probe_module() {
  local tree=$1 module=$2 flags errors
  flags=$(include_flags "$tree" "$module")
  [[ -n $flags ]] || return 0 # headers only: nothing of it is compiled
  # Compiled in the root folder: the directory of a unit read from a pipe, where quoted includes are looked up first.
  # shellcheck disable=SC2086  # a list of flags
  if ! errors=$(write_probe "$module" | (cd / && g++ -x c++ -std=c++23 $flags -fsyntax-only - 2>&1)); then
    grep -o '#error .*' <<<"$errors" || printf '%s\n' "$errors"
    return 1
  fi
}

# results and images are libraries without launches: of the launcher they may see base alone, whatever they declare.
check_foundations() {
  local module status=0
  for module in "${!module_needs[@]}"; do
    [[ $module == results/* || $module == images/* ]] || continue
    if reachable_modules "$module" | grep -E '^launcher/' | grep -v -x 'launcher/base'; then
      echo "$module reaches the launcher modules above"
      status=1
    fi
  done
  return "$status"
}

# The include path is the fence, so nothing may climb over it.
check_include_spelling() {
  # shellcheck disable=SC2046  # tracked names hold no spaces
  ! (cd "$source_root" && grep -n -E '^ *# *include "' $(git_files 'launcher/*' 'results/*' 'images/*') |
    grep -v -E '#include "(launcher|results|images)/[a-z0-9_]+/[a-z0-9_]+\.h"')
}

check_layering() {
  local tree=$1 module status=0
  read_modules
  [[ ${#module_needs[@]} -ge 10 ]] || die "only ${#module_needs[@]} frostbyte_module() declarations found"
  check_foundations || status=1
  check_include_spelling || status=1
  for module in "${!module_needs[@]}"; do
    probe_module "$tree" "$module" || status=1
  done
  return "$status"
}
