#!/usr/bin/env bats
# Images of functions: the same bytes for the same input, whole or not at all, and nothing that could not start.
load common

# A function and a recipe of fixed bytes, which nothing of this host goes into.
fixture() {
  mkdir -p "$1/data/b" && cd "$1" || return
  printf '#!/bin/sh\necho hello\n' >run && chmod 755 run
  printf 'z' >data/z && printf 'a' >data/a && printf 'deep' >data/b/c && printf 'n' >'data/ä ö' && ln -s ../run data/link
  cat >function.toml <<'TOML'
name = "fixed"
command = ["./run", "--flag"]
contract = ["port", "listen-fds"]
serves = ["hello"]
[env]
LOG = "off"
[labels]
language = "sh"
TOML
  cat >base.toml <<'TOML'
summary = "a shell in name only"
[[folder]]
path = "/tmp"
mode = "1777"
[[file]]
path = "/bin/sh"
mode = "0755"
text = "no shell\n"
[[link]]
path = "/usr/bin/env"
target = "../../bin/sh"
TOML
  cd - >/dev/null || return
}

@test "the same input gives the same image, whoever packs it, where, when and in which order" {
  fixture one
  # base.toml and out/ lie in the folder too; the second is packed only because it is empty then
  rm -rf one/out
  sum() { (cd "$1" && shift && "$@" "$FROSTBYTE" pack . --recipe ./base.toml -o - 2>/dev/null | sha256sum); }
  expected=$(sum one)
  [[ $expected == "$(cd one && TZ=Asia/Kathmandu LC_ALL=C.UTF-8 sum .)" ]]
  (umask 077; fixture two)
  [[ $expected == "$(sum two)" ]]
  (umask 000; mkdir three; cd three; tar -C ../one -c . | tar -x --no-same-owner)
  find three -exec touch -h -d '2001-02-03 04:05:06' {} +
  [[ $expected == "$(sum three)" ]]
  # the same files, made the other way round, on another file system
  local other=/dev/shm/frostbyte-pack-$$
  mkdir "$other"
  (cd one && find . -type d | sort -r) | (cd "$other" && xargs -I{} mkdir -p {})
  (cd one && find . ! -type d | sort -r) | while read -r file; do cp -P "one/$file" "$other/$file"; done
  result=$(sum "$other")
  rm -rf "$other"
  [[ $expected == "$result" ]]
}

@test "another user gives the same image" {
  [[ $(id -u) == 0 ]] || skip "not applicable: only root can become another user"
  # bats' own folder is closed to others
  open=$(mktemp -d /tmp/frostbyte-pack-XXXXXX)
  chmod 777 "$open"
  cp "$FROSTBYTE" "$open/frostbyte"
  (cd "$open" && fixture one)
  chmod -R a+rX "$open"
  as_nobody() { (cd "$open" && setpriv --reuid=65534 --regid=65534 --clear-groups ./frostbyte "$@"); }
  expected=$("$FROSTBYTE" pack "$open/one" --recipe "$open/one/base.toml" -q -o root.tar)
  result=$(as_nobody pack one --recipe ./one/base.toml -q -o nobody.tar) && cmp root.tar "$open/nobody.tar"
  same=$?
  rm -rf "$open"
  [[ $same == 0 && $expected == "$result" ]]
}

@test "a fixed function on a fixed recipe has a fixed digest" {
  fixture one
  mv one/base.toml .
  [[ $(frostbyte pack one --recipe ./base.toml --compression none -q -o none.tar) == sha256:1d7d36484f357b047a96cb446c5b6b6ce9ff54abbdfb4a71c86852326187f422 ]]
  [[ $(SOURCE_DATE_EPOCH=1700000000 frostbyte pack one --recipe ./base.toml --compression none -q -o then.tar) == sha256:4e61d40a457a2f547b5a707fea36d8c1660d0ca781184578569579565b15c6b6 ]]
  frostbyte pack one --recipe ./base.toml --compression gzip -q -o gzip.tar
  frostbyte pack one --recipe ./base.toml --compression zstd --level 19 -q -o zstd.tar
  python3 - <<'PY'
import json, tarfile
def config(path):
    archive = tarfile.open(path)
    read = lambda name: archive.extractfile(name).read()
    return json.loads(read(json.loads(read("manifest.json"))[0]["Config"]))
none, gzip, zstd = (config(name + ".tar") for name in ("none", "gzip", "zstd"))
assert none == gzip == zstd, "the configuration, diff_ids with it, does not depend on the compression"
run = none["config"]
assert run["Entrypoint"] == ["/function/run", "--flag"] and run["WorkingDir"] == "/function", run
assert "PORT=8080" in run["Env"] and "LOG=off" in run["Env"] and run["ExposedPorts"] == {"8080/tcp": {}}, run
assert run["Labels"]["frostbyte.serves"] == "hello" and run["Labels"]["frostbyte.label.language"] == "sh", run
assert none["created"] == "1970-01-01T00:00:00Z" and len(none["history"]) == len(none["rootfs"]["diff_ids"]) == 2
PY
}

@test "layers hold what they should and nothing of this host" {
  fixture one
  mv one/base.toml .
  frostbyte pack one --recipe ./base.toml --compression none -q -o image/ >/dev/null
  for layer in $(python3 -c '
import json
i = json.load(open("image/index.json"))["manifests"][0]["digest"][7:]
print(*(l["digest"][7:] for l in json.load(open("image/blobs/sha256/" + i))["layers"]))'); do
    tar --numeric-owner -tvf "image/blobs/sha256/$layer"
  done | awk '{ $3 = ""; print }' >listing
  lacks -v ' 0/0 .* 1970-01-01 00:00 ' listing || { cat listing; false; }
  grep -q '^drwxrwxrwt .* tmp/$' listing
  grep -q '^-rwxr-xr-x .* function/run$' listing
  grep -q '^-rw-r--r-- .* function/data/b/c$' listing
  grep -q 'function/data/link -> ../run$' listing
  lacks function.toml listing
}

@test "the base alone is the layer that packed functions stand on" {
  frostbyte pack --recipe static -q -o base/ >/dev/null
  frostbyte pack c-musl --recipe static -q -o image/ >/dev/null
  python3 - <<'PY'
import json
def layers(folder):
    digest = json.load(open(folder + "/index.json"))["manifests"][0]["digest"][7:]
    return [layer["digest"] for layer in json.load(open(f"{folder}/blobs/sha256/{digest}"))["layers"]]
assert layers("image")[:1] == layers("base") and len(layers("image")) == 2
PY
  misuse 3 "recipe puts nothing into an image" -- pack --recipe scratch -o x.tar
}

@test "what could not start is refused, with what is missing" {
  misuse 3 "/lib64/ld-linux-x86-64.so.2" "libc.so.6" "--with-libraries" -- pack c-glibc-dynamic --recipe scratch
  frostbyte pack c-glibc-dynamic --recipe scratch --with-libraries -q -o copied.tar
  misuse 3 "it is started by" "which recipe 'static' does not have" -- pack python-http --recipe static
  fixture one
  misuse 3 "it is a script for /bin/sh, which recipe 'static' does not have" -- pack one --recipe static
  frostbyte pack one --recipe busybox -q -o script.tar
  misuse 3 "neither an ELF program nor a #! script" -- pack alpha --recipe scratch
  misuse 3 "there is no program" -- pack beta --recipe scratch
  [[ ! -e c-glibc-dynamic-scratch.tar && ! -e alpha-scratch.tar ]]
}

@test "nothing is overwritten unless asked for, and only images are" {
  frostbyte pack c-musl --recipe scratch -q -o x.tar
  frostbyte pack c-musl --recipe scratch -q -o x
  misuse 3 "it is there already" "--overwrite" -- pack c-musl --recipe scratch -o x.tar
  misuse 3 "it is there already" "--overwrite" -- pack c-musl --recipe scratch -o x
  frostbyte pack c-musl --recipe scratch --overwrite -q -o x.tar --compression zstd
  frostbyte pack c-musl --recipe scratch --overwrite -q -o x --compression zstd
  mkdir mine && touch mine/thesis
  misuse 3 "the folder there is no OCI layout" -- pack c-musl --recipe scratch --overwrite -o mine
  [[ -e mine/thesis ]]
  mkdir y.tar
  misuse 3 "something else than an image" -- pack c-musl --recipe scratch --overwrite -o y.tar
  [[ -z $(find . -name '*.??????' ! -name '*.toml') ]]
}

@test "mistakes are told before anything is made" {
  misuse 2 "did you mean 'static'" -- pack c-musl --recipe statik
  misuse 2 "there is no such compression" -- pack c-musl --recipe scratch --compression xz
  misuse 2 "gzip has levels 1 to 9" -- pack c-musl --recipe scratch --level 12
  SOURCE_DATE_EPOCH=yesterday misuse 2 "no number of seconds" -- pack c-musl --recipe scratch
  printf 'summary = "x"\n[[file]]\npath = "../x"\ntext = ""\n' >bad.toml
  misuse 2 "bad.toml" "is no absolute path below the root" -- pack c-musl --recipe ./bad.toml
  printf 'summary = "x"\n[[tree]]\npath = "/x"\nfrom = "/no/such/folder"\npackage = "no-such-package"\n' >lacks.toml
  misuse 3 "/no/such/folder" "apt-get install no-such-package" -- pack c-musl --recipe ./lacks.toml
}
