#!/usr/bin/env bats
# frostbyte audit as a user meets it. The images are made by tar and python3, so that what is read is not judged by what
# wrote it.

load common

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  unset NO_COLOR
  mkdir -p root/bin root/etc root/tmp
  head -c 300000 /dev/zero >root/bin/tool
  printf 'root:x\n' >root/etc/passwd
  ln root/etc/passwd root/etc/again
  tar -C root -cf root.tar bin etc
}

layout() {
  python3 - "$BATS_TEST_DIRNAME/../interop" "$1" "${2:-2000}" <<'PY'
import random, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import histories as h
E = h.Entry
layers = [[E("file", "bin/tool", b"t" * 9000, mode=0o755), E("file", "tmp/cache", b"c" * int(sys.argv[3]))],
          [E("whiteout", "tmp/cache"), E("file", "bin/tool", b"t" * 9000, mode=0o4755)]]
h.write_layout(sys.argv[2], [h.tar_of(one) for one in layers], random.Random(1))
PY
}

figure() { jq -r --arg m "$2" '.subjects[0].metrics[] | select(.metric == $m) | .value' "$1"; }

@test "a folder and its archive have the same live bytes" {
  rmdir root/tmp
  frostbyte audit root -o json=folder.json
  frostbyte audit root.tar -o json=archive.json
  [[ $(figure folder.json image.live) == 300007 ]]
  [[ $(figure archive.json image.live) == 300007 ]]
  [[ $(figure folder.json image.files) == 2 ]]
}

@test "the classes of an image's dead bytes are exact, and the same input gives the same report" {
  layout image
  frostbyte audit image -o json=one.json
  frostbyte audit image -o json=- | sed 's/json=-/json=one.json/' | cmp - one.json
  [[ $(figure one.json image.dead_whiteout) == 2000 ]]
  [[ $(figure one.json image.dead_metadata_only) == 9000 ]]
  [[ $(figure one.json image.dead) == 11000 ]]
  [[ $(figure one.json image.efficiency) == 450000 ]]
  [[ $(figure one.json image.setuid) == 1 ]]
}

@test "a budget on an image fails with 1, and passes with 0" {
  layout image
  printf '[[budget]]\nmetric = "image.dead"\nmax = "10 KiB"\n' >small.toml
  printf '[[budget]]\nmetric = "image.efficiency"\nmin = "40 %%"\n[[budget]]\nmetric = "launch.exec_to_first_response"\nmax = "1 s"\n' >ok.toml
  local status=0
  frostbyte audit image --budget small.toml >out || status=$?
  [[ $status == 1 ]]
  grep -q 'image.dead of image: at most 10 KiB' out
  frostbyte audit image --budget ok.toml >out 2>err
  grep -q 'launch.exec_to_first_response is not this command' err
}

@test "paths that --ignore accepts stand apart from what is dead" {
  layout image
  frostbyte audit image --ignore '/tmp/*' -o json=one.json
  [[ $(figure one.json image.dead) == 9000 ]]
  [[ $(figure one.json image.ignored) == 2000 ]]
}

@test "a saved audit is what it was before, and growth is judged against it" {
  layout old 2000
  layout new 5000
  frostbyte audit old -n app --save main.audit >/dev/null
  frostbyte audit old -n app --save again.audit >/dev/null
  cmp main.audit again.audit
  printf '[[budget]]\nmetric = "image.shipped"\nmax_increase = "1 KiB"\n' >grow.toml
  frostbyte audit old -n app --against main.audit --budget grow.toml >out
  grep -q 'nothing differs' out
  local status=0
  frostbyte audit new -n app --against main.audit --budget grow.toml >out || status=$?
  [[ $status == 1 ]]
  grep -q '+2.93 KiB on 19.5 KiB' out
  status=0
  frostbyte audit new -n app --budget grow.toml >out || status=$?
  [[ $status == 1 ]]
  frostbyte audit new -n app --budget grow.toml --no-base >out
}

@test "what changed is told file by file" {
  mkdir other
  cp -a root/. other
  printf 'more' >>other/etc/passwd
  mv other/bin/tool other/bin/renamed
  frostbyte audit other --against root >out
  grep -Eq 'grown +\+4 B +7 B +11 B' out
  grep -q 'moved .*/bin/tool → /bin/renamed\|moved .*/bin/tool -> /bin/renamed' out
}

@test "a path is explained layer by layer" {
  layout image
  frostbyte audit image --explain tmp/cache >out
  grep -q 'what became of /tmp/cache' out
  grep -Eq '2 +removed +whiteout, by the entry for /tmp/cache' out
  grep -q 'not in the container' out
  frostbyte audit image --explain /no/such >out
  grep -q 'No layer names /no/such' out
}

@test "the labels of a binary sum to its size" {
  frostbyte audit "$FROSTBYTE" -o json=binary.json
  local size sum
  size=$(stat -Lc %s "$FROSTBYTE")
  sum=$(jq '[.subjects[0].exhibits[] | select(.exhibit == "labels").rows[] | select(.label != "sum").file] | add' binary.json)
  [[ $sum == "$size" ]]
  [[ $(figure binary.json binary.file) == "$size" ]]
}

@test "a function is weighed by its program" {
  mkdir -p functions/f
  cp "$(type -P true)" functions/f/f
  printf 'name = "f"\nsummary = "s"\ncommand = ["./f"]\ncontract = "port"\nserves = ["hello"]\n' >functions/f/function.toml
  FROSTBYTE_FUNCTIONS=$PWD/functions frostbyte audit f functions/f -n one -n two -o json=f.json
  [[ $(jq -r '[.subjects[].metrics[] | select(.metric == "binary.file").value] | unique | length' f.json) == 1 ]]
}

@test "every format carries an audit but those that hold launches" {
  layout image
  local format
  for format in console markdown json csv-summary junit github openmetrics github-action-benchmark bencher; do
    frostbyte audit image -o "$format=out" || { echo "$format"; return 1; }
  done
  misuse 2 'it holds launches, and nothing is launched' 'csv-summary' -- audit image -o csv=-
}

@test "a terminal without UTF-8 and colour gets neither" {
  layout image
  LC_ALL=C TERM=dumb script -qec "$FROSTBYTE audit image" /dev/null | tr -d '\r' >out
  grep -q '####' out
  LC_ALL=C lacks -P '[^\x0a\x20-\x7e]' out
}

@test "unreadable inputs end with 3 and say what is wrong" {
  misuse 2 'two inputs have this name' -- audit root.tar root.tar
  misuse 3 'no/such' -- audit no/such
  head -c 100 root.tar >cut.tar
  misuse 3 'cut.tar' -- audit cut.tar
  layout image
  local blob
  blob=$(jq -r '.manifests[0].digest' image/index.json | cut -d: -f2)
  blob=$(jq -r '.layers[0].digest' "image/blobs/sha256/$blob" | cut -d: -f2)
  printf 'X' | dd of="image/blobs/sha256/$blob" bs=1 seek=600 conv=notrunc status=none
  misuse 3 'digest' -- audit image
  rm "image/blobs/sha256/$blob"
  misuse 3 'missing' -- audit image
  printf '{"schema":"frostbyte.audit/1"}\n' >short.audit
  misuse 3 'short.audit:2' 'it ends early' -- audit root.tar --against short.audit
}

@test "mistyped flags end with 2" {
  misuse 2 'INPUT' -- audit
  misuse 2 'more names than inputs' -- audit root.tar -n a -n b
  misuse 2 'platform' -- audit root.tar --platform linux
  misuse 2 'standard input is named twice' -- audit - - -n a -n b
}
