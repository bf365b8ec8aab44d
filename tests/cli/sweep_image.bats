#!/usr/bin/env bats
# Functions that are images: unpacked, launched from their own root, and gone afterwards.
load common

as_root() { [[ $(id -u) == 0 ]] || skip "not applicable: owners and overlays need root"; }
# What is unpacked lies in the test's own folder.
# Its workloads are the bundled ones, not those of the made-up functions.
unpack_here() {
  export TMPDIR=$PWD
  unset FROSTBYTE_FUNCTIONS
}

@test "a packed function is launched from its image, and unpacking is a figure of its own" {
  unpack_here
  as_root
  frostbyte pack c-musl --recipe scratch -q -o c.tar >/dev/null
  frostbyte pack cpp-epoll --recipe static --compression zstd -q -o cpp >/dev/null
  frostbyte sweep oci:c.tar oci:cpp:static c-musl -r 5 -w 1 --quiet --run-file run.jsonl -o json=x.json
  python3 - <<'PY'
import json
subjects = {s["name"]: s for s in json.load(open("x.json"))["subjects"]}
assert set(subjects) == {"c-musl@scratch", "cpp-epoll@static", "c-musl"}, set(subjects)
for name, subject in subjects.items():
    figures = {m["metric"]: m for m in subject["metrics"]}
    assert figures["launch.exec_to_first_response"]["n"] == 5, (name, figures["launch.exec_to_first_response"])
    assert ("image.unpack" in figures) == ("@" in name)
assert subjects["cpp-epoll@static"]["labels"]["recipe"] == "static"
assert subjects["cpp-epoll@static"]["labels"]["language"] == "c++"
PY
  [[ -z $(ls -d frostbyte-* 2>/dev/null) ]]
}

@test "a dynamic function with its libraries, and one on a shell, start in their images" {
  unpack_here
  as_root
  frostbyte pack c-glibc-dynamic --recipe scratch --with-libraries -q -o d.tar >/dev/null
  frostbyte sweep ./d.tar -r 3 --quiet -o json=- | python3 -c '
import json, sys
m = {m["metric"]: m for m in json.load(sys.stdin)["subjects"][0]["metrics"]}
assert m["launch.exec_to_first_response"]["n"] == 3'
}

@test "images are compared like functions" {
  unpack_here
  as_root
  frostbyte pack c-musl --recipe scratch -q -o c.tar >/dev/null
  status=0
  frostbyte compare oci:c.tar cpp-epoll -r 30 --quiet -o json=x.json || status=$?
  [[ $status -le 1 || $status -eq 4 ]]
  python3 -c 'import json; assert [s["name"] for s in json.load(open("x.json"))["subjects"]] == ["c-musl@scratch", "cpp-epoll"]'
}

@test "what a killed sweep unpacked is found and removed" {
  unpack_here
  as_root
  frostbyte pack c-musl --recipe static -q -o c.tar >/dev/null
  "$FROSTBYTE" sweep oci:c.tar --time 60s --quiet >/dev/null 2>&1 &
  sweep=$!
  for _ in {1..100}; do [[ -e $(echo frostbyte-*/function/c-musl) ]] && break; sleep 0.05; done
  [[ -e $(echo frostbyte-*/function/c-musl) ]]
  kill -9 $sweep
  wait $sweep || true
  frostbyte doctor --clean >doctor.txt || true
  [[ -z $(ls -d frostbyte-*/ 2>/dev/null) ]] || { cat doctor.txt; ls -d frostbyte-*; false; }
}

# hostile NAME 'PYTHON': an archive of a root file system that hostile hands have made.
hostile() {
  python3 - "$1" "$2" <<'PY'
import io, sys, tarfile
with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as tar:
    def add(name, kind=tarfile.REGTYPE, link="", data=b""):
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, link, len(data)
        tar.addfile(info, io.BytesIO(data))
    exec(sys.argv[2])
PY
}

@test "hostile images end with status 3, their reason, and nothing outside" {
  unpack_here
  echo untouched >secret
  expect() {
    hostile x.tar "$1"
    shift
    misuse 3 "$@" -- sweep oci:x.tar -r 1
    [[ $(cat secret) == untouched && -z $(ls -d frostbyte-* 2>/dev/null) ]]
  }
  expect 'add("../secret", data=b"x")' "leads out of the image"
  expect "add('l', tarfile.SYMTYPE, '$PWD'); add('l/secret', data=b'x')" "through a link of the same layer"
  expect "add('h', tarfile.LNKTYPE, '../secret')" "out of the image"
  expect "add('h', tarfile.LNKTYPE, '$PWD/secret')" "which is not there"
  expect 'add("a"); add("a", tarfile.DIRTYPE)' "twice, as different things"
  expect 'add("a/" * 10000 + "f")' "more than 4095"
  expect 'add("plain")' "names no command"
}

@test "what an image cannot be asked for is refused" {
  unpack_here
  misuse 3 "no-such.tar" -- sweep oci:no-such.tar
  frostbyte pack c-musl --recipe scratch -q -o c.tar >/dev/null
  misuse 2 "an image is a root itself" -- sweep oci:c.tar --root host
  misuse 3 "there is none" "other" -- sweep oci:c.tar:other
}
