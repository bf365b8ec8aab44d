#!/usr/bin/env bats
# Packed images in the tools people use: skopeo, umoci, buildah, runc. No network, storage in the test's own folder.
load common

needs() { local tool; for tool in "$@"; do command -v "$tool" >/dev/null || skip "$tool is missing: scripts/setup installs it"; done; }
as_root() { [[ $(id -u) == 0 ]] || skip "not applicable: it needs root"; }

@test "skopeo copies gzip and zstd images, from a layout and from an archive" {
  needs skopeo
  for compression in gzip zstd none; do
    digest=$(frostbyte pack cpp-epoll --recipe static --compression $compression -q -o "$compression")
    frostbyte pack cpp-epoll --recipe static --compression $compression -q -o $compression.tar
    [[ $(skopeo inspect --format '{{.Digest}}' "oci:$compression:static") == "$digest" ]]
    [[ $(skopeo inspect --format '{{.Digest}}' "oci-archive:$compression.tar:static") == "$digest" ]]
    skopeo --insecure-policy copy -q "oci:$compression:static" "dir:$compression.dir"
  done
  skopeo --insecure-policy copy -q oci:gzip:static docker-archive:gzip.docker.tar:cpp-epoll:static
  # docker's own list in the archive, as an older `docker load` reads it
  skopeo --insecure-policy copy -q docker-archive:gzip.tar:cpp-epoll:static dir:loaded
  [[ $(skopeo inspect --config --format '{{.Config.Entrypoint}}' docker-archive:gzip.tar) == "[/function/cpp-epoll]" ]]
}

@test "umoci unpacks what was packed" {
  needs umoci
  as_root
  frostbyte pack c-musl --recipe static -q -o image >/dev/null
  umoci unpack --image image:static bundle
  cmp "$(dirname "$FROSTBYTE")/../functions/c-musl/c-musl" bundle/rootfs/function/c-musl
  [[ $(stat -c '%a %u:%g %Y' bundle/rootfs/tmp) == '1777 0:0 0' ]]
  [[ -s bundle/rootfs/etc/ssl/certs/ca-certificates.crt && -e bundle/rootfs/usr/share/zoneinfo/Europe/Berlin ]]
}

@test "buildah builds on a packed image" {
  needs buildah
  as_root
  frostbyte pack c-musl --recipe scratch -q -o image >/dev/null
  storage=(--root "$PWD/store" --runroot "$PWD/run" --storage-driver vfs)
  printf '{"default":[{"type":"insecureAcceptAnything"}]}' >policy.json
  container=$(buildah "${storage[@]}" from --signature-policy policy.json oci:image:scratch)
  [[ $(buildah "${storage[@]}" inspect --format '{{.OCIv1.Config.WorkingDir}}' "$container") == /function ]]
  buildah "${storage[@]}" rm "$container" >/dev/null
}

# Brings up the loopback of the network namespace it runs in, and asks for / until it is answered.
asker() {
  cat <<'PY'
import fcntl, socket, struct, time, urllib.request
up = struct.pack("16sh14x", b"lo", 0x49)  # IFF_UP | IFF_LOOPBACK | IFF_RUNNING
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8914, up)  # SIOCSIFFLAGS
for attempt in range(100):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:8080/", timeout=5).read().decode())
        break
    except OSError:
        time.sleep(0.05)
PY
}

@test "runc runs a packed image, and it answers in a network of its own" {
  needs umoci runc nsenter
  as_root
  for recipe in scratch static; do
    frostbyte pack cpp-epoll --recipe "$recipe" -q -o "image-$recipe" >/dev/null
    umoci unpack --image "image-$recipe:$recipe" "bundle-$recipe"
    # no terminal; a relative path of cgroups is below the one this test runs in
    python3 - "bundle-$recipe/config.json" "$$-$recipe" <<'PY'
import json, sys
path, name = sys.argv[1:]
config = json.load(open(path))
config["process"]["terminal"] = False
config["linux"]["cgroupsPath"] = "frostbyte-pack-" + name
config["linux"].pop("resources", None)
json.dump(config, open(path, "w"))
PY
    name=frostbyte-pack-$$-$recipe
    runc --root "$PWD/runc" run --detach --bundle "bundle-$recipe" "$name" </dev/null >runc.log 2>&1 || { cat runc.log; false; }
    pid=$(runc --root "$PWD/runc" state "$name" | python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])')
    answer=$(asker | nsenter --target "$pid" --net python3 -) || true
    runc --root "$PWD/runc" delete --force "$name"
    [[ -n $answer ]] || { echo "$recipe: no answer"; false; }
    [[ $answer == "hello world" ]] || { echo "$recipe: $answer"; false; }
  done
}
