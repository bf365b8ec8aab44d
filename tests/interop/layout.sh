# shellcheck shell=bash
# Images by the tools people use, and what `tar` and `stat` alone say of them.

# unpack LAYOUT ROOT: every layer in the manifest's order, whiteouts by hand. Prints nothing.
unpack() {
  local layout=$1 root=$2 blob mark folder name
  mkdir -p "$root"
  while read -r blob; do
    tar_of "$layout/blobs/sha256/$blob" >layer.tar
    while IFS= read -r mark; do
      folder=$(dirname "$mark") name=$(basename "$mark")
      if [[ $name == .wh..wh..opq ]]; then
        [[ ! -d $root/$folder ]] || find "$root/$folder" -mindepth 1 -delete
      else
        rm -rf "${root:?}/$folder/${name#.wh.}"
      fi
    done < <(tar -tf layer.tar | grep -E '(^|/)\.wh\.' || true)
    # What an entry replaces by another type must go before tar comes: it does not remove folders for files.
    while IFS= read -r name; do
      if [[ $name != */ && $name != . && -d $root/$name && ! -L $root/$name ]]; then rm -rf "${root:?}/$name"; fi
    done < <(tar -tf layer.tar)
    tar -xf layer.tar -C "$root" --numeric-owner --exclude '.wh.*'
  done < <(layers_of "$layout")
}

# The manifest's blobs, base first.
layers_of() { manifest_of "$1" | jq -r '.layers[].digest' | cut -d: -f2; }
manifest_of() { cat "$1/blobs/sha256/$(jq -r '.manifests[0].digest' "$1/index.json" | cut -d: -f2)"; }

# A blob, uncompressed whatever it is.
tar_of() {
  case $(od -An -N4 -tx1 "$1" | tr -d ' \n') in
    1f8b*) gzip -dc "$1" ;;
    28b52ffd) zstd -dqc "$1" ;;
    *) cat "$1" ;;
  esac
}

# Bytes of regular files, each inode once.
live_by_stat() { find "$1" -type f -printf '%i %s\n' | sort -u | awk '{ sum += $2 } END { print sum + 0 }'; }
files_by_stat() { find "$1" -type f -printf '%i\n' | sort -u | wc -l; }

# Over all layers: bytes of regular files and number of entries as `tar -tv` lists them (links have none), tar bytes.
shipped_by_tar() {
  local blob
  while read -r blob; do tar_of "$1/blobs/sha256/$blob" | tar -tvf - --numeric-owner; done < <(layers_of "$1") |
    awk '/^-/ { sum += $3 } END { print sum + 0 }'
}
tar_by_wc() {
  local blob
  while read -r blob; do tar_of "$1/blobs/sha256/$blob"; done < <(layers_of "$1") | wc -c
}
transfer_by_stat() {
  local manifest
  manifest=$(jq -r '.manifests[0].digest' "$1/index.json" | cut -d: -f2)
  { echo "$manifest"; manifest_of "$1" | jq -r '.config.digest, .layers[].digest' | cut -d: -f2 | sort -u; } |
    while read -r blob; do stat -c %s "$1/blobs/sha256/$blob"; done | awk '{ sum += $1 } END { print sum }'
}

# figure FILE METRIC: of a report in JSON.
figure() { jq -r --arg m "$2" '.subjects[0].metrics[] | select(.metric == $m) | .value' "$1"; }

# agree LAYOUT [INPUT]: frostbyte's figures of INPUT (the layout itself without) are those of the layout by tar and stat.
agree() {
  local layout=$1 input=${2:-$1} root
  root=$(mktemp -d -p "$BATS_TEST_TMPDIR")/root
  "$FROSTBYTE" audit "$input" -o json=report.json
  unpack "$layout" "$root"
  same live "$(figure report.json image.live)" "$(live_by_stat "$root")"
  same files "$(figure report.json image.files)" "$(files_by_stat "$root")"
  same shipped "$(figure report.json image.shipped)" "$(shipped_by_tar "$layout")"
  same tar "$(figure report.json image.tar)" "$(tar_by_wc "$layout")"
  # Another container of the same image has documents and compression of its own.
  [[ $input != "$layout" ]] || same transfer "$(figure report.json image.transfer)" "$(transfer_by_stat "$layout")"
}

same() {
  [[ $2 == "$3" ]] || { echo "$1: frostbyte says $2, the tools say $3"; return 1; }
}
