#!/usr/bin/env bats
# Images written by skopeo, umoci and buildah audit to the bytes that tar and stat give of their unpacked trees.

load layout.sh

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  [[ $(id -u) == 0 ]] || skip "not applicable: umoci and buildah keep owners, which takes root"
  export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run CONTAINERS_STORAGE_CONF=$BATS_TEST_TMPDIR/storage.conf
  mkdir -p run
  printf '[storage]\ndriver = "vfs"\nrunroot = "%s"\ngraphroot = "%s"\n' \
    "$BATS_TEST_TMPDIR/run/storage" "$BATS_TEST_TMPDIR/graph" >storage.conf
  printf '{"default":[{"type":"insecureAcceptAnything"}]}' >policy.json
}

teardown() {
  [[ ! -d $BATS_TEST_TMPDIR/graph ]] || buildah rm --all >/dev/null 2>&1 || true
}

# Three layers by umoci: hard links, a file changed, one chmodded, one and a folder removed, a folder become a file.
umoci_image() {
  umoci init --layout "$1"
  umoci new --image "$1:app"
  local bundle=$BATS_TEST_TMPDIR/bundle
  umoci unpack --image "$1:app" "$bundle"
  local root=$bundle/rootfs
  mkdir -p "$root"/{bin,etc/d,var/cache,kind}
  head -c 300000 /dev/urandom >"$root/bin/tool"
  ln "$root/bin/tool" "$root/bin/link"
  ln -s tool "$root/bin/sym"
  head -c 70000 /dev/zero >"$root/var/cache/a"
  seq 20000 >"$root/etc/list"
  echo one >"$root/etc/d/one"
  echo x >"$root/kind/x"
  umoci repack --image "$1:app" --refresh-bundle "$bundle"
  chmod 0700 "$root/etc/list"
  echo two >>"$root/etc/d/one"
  rm "$root/var/cache/a"
  umoci repack --image "$1:app" --refresh-bundle "$bundle"
  rm -r "$root/etc/d" "$root/kind"
  echo file >"$root/kind"
  umoci repack --image "$1:app" "$bundle"
  umoci gc --layout "$1"
}

buildah_image() {
  local from
  from=$(buildah from scratch)
  mkdir -p tree/usr/lib
  seq 30000 >tree/usr/lib/data
  ln tree/usr/lib/data tree/usr/lib/again
  buildah copy -q "$from" tree /
  buildah commit -q --rm "$from" one
  from=$(buildah from --pull-never localhost/one)
  local mount
  mount=$(buildah mount "$from")
  rm "$mount/usr/lib/again"
  chmod 0600 "$mount/usr/lib/data"
  echo new >"$mount/usr/new"
  buildah umount "$from" >/dev/null
  buildah commit -q --rm "$from" two
  buildah push -q --signature-policy policy.json localhost/two "oci:$1:app"
}

@test "umoci: three layers with every kind of change" {
  umoci_image layout
  agree layout
  [[ $(figure report.json image.layers) == 3 ]]
  [[ $(figure report.json image.dead) -gt 0 ]]
}

@test "buildah: two layers over the vfs driver" {
  buildah_image layout
  agree layout
  [[ $(figure report.json image.layers) == 2 ]]
}

@test "skopeo: the same image in every form it writes" {
  umoci_image layout
  skopeo --policy policy.json copy -q oci:layout:app oci-archive:oci.tar:app
  skopeo --policy policy.json copy -q oci:layout:app docker-archive:docker.tar:app:latest
  skopeo --policy policy.json copy -q oci:layout:app dir:blobs
  skopeo --policy policy.json copy -q --dest-compress-format zstd --dest-compress-level 3 --dest-compress dir:blobs dir:zstd
  local input
  for input in oci.tar docker.tar blobs zstd; do agree layout "$input"; done
}

@test "standard input and a file of the same archive weigh the same" {
  umoci_image layout
  skopeo --policy policy.json copy -q oci:layout:app oci-archive:oci.tar:app
  "$FROSTBYTE" audit oci.tar -n app -o csv-summary=file.csv
  "$FROSTBYTE" audit - -n app -o csv-summary=pipe.csv < <(cat oci.tar)
  cmp file.csv pipe.csv
}
