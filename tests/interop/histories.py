#!/usr/bin/env python3
"""Random layer histories: what `frostbyte audit` says of them against a naive model.

    histories.py FROSTBYTE FIRST_SEED COUNT

The model knows the rules of the specification's layer.md and nothing of frostbyte: a dictionary of paths, searched from
one end to the other for every entry. Slow, and short enough to be read at a glance.
"""
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile

CLASSES = ["overwritten", "metadata_only", "whiteout", "opaque", "replaced_type", "duplicate_in_layer"]


# ---- histories ----

class Entry:
    def __init__(self, kind, path, data=b"", target="", mode=0o644):
        self.kind, self.path, self.data, self.target, self.mode = kind, path, data, target, mode


def random_path(rng):
    return "/".join(rng.choice("abcd") for _ in range(rng.randint(1, 3)))


def random_data(rng):
    return rng.choice([b"", b"x", b"y" * 700, b"z" * 5000, bytes([rng.randrange(256)]) * rng.randrange(4000)])


def random_layer(rng):
    entries = []
    for _ in range(rng.randrange(12)):
        kind = rng.choices(["file", "folder", "symlink", "hardlink", "whiteout", "opaque"], [8, 3, 1, 2, 3, 1])[0]
        path = random_path(rng)
        if kind == "file":
            entries.append(Entry(kind, path, random_data(rng), mode=rng.choice([0o644, 0o755, 0o4755, 0o666])))
        elif kind == "hardlink":
            entries.append(Entry(kind, path, target=rng.choice([e.path for e in entries] + [random_path(rng)])))
        else:
            entries.append(Entry(kind, path, target=random_path(rng)))
    return entries


def tar_of(entries):
    types = {"folder": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for e in entries:
            folder, _, name = e.path.rpartition("/")
            prefix = folder + "/" if folder else ""
            path = {"whiteout": prefix + ".wh." + name, "opaque": e.path + "/.wh..wh..opq"}.get(e.kind, e.path)
            info = tarfile.TarInfo(path)
            info.type = types.get(e.kind, tarfile.REGTYPE)
            info.mode, info.size, info.linkname = e.mode, len(e.data), e.target if e.kind in types else ""
            tar.addfile(info, io.BytesIO(e.data))
    return out.getvalue()


def write_layout(folder, tars, rng):
    blobs = os.path.join(folder, "blobs", "sha256")
    os.makedirs(blobs)

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as file:
            file.write(data)
        return {"mediaType": kind, "digest": "sha256:" + digest, "size": len(data)}

    kind = "application/vnd.oci.image."
    layers = []
    for tar in tars:
        how = rng.choice(["", "+gzip", "+zstd"] if shutil.which("zstd") else ["", "+gzip"])
        data = {"": lambda t=tar: t, "+gzip": lambda t=tar: gzip.compress(t),
                "+zstd": lambda t=tar: subprocess.run(["zstd", "-q"], input=t, capture_output=True, check=True).stdout}
        layers.append(blob(data[how](), kind + "layer.v1.tar" + how))
    ids = ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in tars]
    config = blob(json.dumps({"os": "linux", "architecture": "amd64",
                              "rootfs": {"type": "layers", "diff_ids": ids}}).encode(), kind + "config.v1+json")
    manifest = blob(json.dumps({"schemaVersion": 2, "config": config, "layers": layers}).encode(),
                    kind + "manifest.v1+json")
    with open(os.path.join(folder, "index.json"), "w", encoding="ascii") as file:
        json.dump({"schemaVersion": 2, "manifests": [manifest]}, file)
    with open(os.path.join(folder, "oci-layout"), "w", encoding="ascii") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')
    unique = {layer["digest"]: layer["size"] for layer in layers}
    return manifest["size"] + config["size"] + sum(unique.values())


# ---- the model ----

class Model:
    """paths: path -> [type, file number or None, layer of its entry]; files: [data, layer, names, class of death]."""

    def __init__(self):
        self.paths, self.files, self.layer = {}, [], 0

    def remove(self, path, why, itself=True):
        for p in list(self.paths):
            if p.startswith(path + "/") or path == "" or (itself and p == path):
                number = self.paths.pop(p)[1]
                if number is None:
                    continue
                file = self.files[number]
                file[2] -= 1
                if file[2] == 0:
                    file[3] = "duplicate_in_layer" if file[1] == self.layer else why

    def add_parents(self, path):
        parts = path.split("/")[:-1]
        # The deepest folder that is there ends the search, as everything above it is there too.
        missing = []
        for i in range(len(parts), 0, -1):
            parent = "/".join(parts[:i])
            if self.paths.get(parent, [""])[0] == "folder":
                break
            missing.insert(0, parent)
        for parent in missing:
            if parent in self.paths:
                self.remove(parent, "replaced_type")
            self.paths[parent] = ["folder", None, self.layer]

    def add(self, e):
        kind, number = e.kind, None
        if kind == "hardlink":
            target = self.paths.get(e.target)
            if target is None or target[0] == "folder":
                kind = "file"
            else:
                kind, number = target[0], target[1]
        data = b"" if e.kind == "hardlink" else e.data
        if number is not None:
            data = self.files[number][0]
            self.files[number][2] += 1  # held, whatever makes way
        self.add_parents(e.path)
        old = self.paths.get(e.path)
        same_file = old is not None and number is not None and old[1] == number
        if old is not None and not (old[0] == kind == "folder") and not same_file:
            why = "overwritten"
            if old[0] != kind:
                why = "replaced_type"
            elif kind == "file" and self.files[old[1]][0] == data:
                why = "metadata_only"
            self.remove(e.path, why)
        if number is not None:
            self.files[number][2] -= 1
        if same_file:
            return
        if kind == "file":
            if number is None:
                self.files.append([data, self.layer, 0, None])
                number = len(self.files) - 1
            self.files[number][2] += 1
        self.paths[e.path] = [kind, number, self.layer]

    def add_layer(self, entries):
        for e in entries:
            if e.kind == "opaque":
                self.remove(e.path, "opaque", itself=False)
        for e in entries:
            if e.kind == "whiteout" and e.path in self.paths:
                self.remove(e.path, "whiteout")
        for e in entries:
            if e.kind not in ("opaque", "whiteout"):
                self.add(e)
        self.layer += 1

    def figures(self):
        found = {"image.shipped": sum(len(f[0]) for f in self.files),
                 "image.live": sum(len(f[0]) for f in self.files if f[2] > 0),
                 "image.files": sum(1 for f in self.files if f[2] > 0),
                 "image.disk": sum((len(f[0]) + 4095) // 4096 * 4096 for f in self.files)}
        for name in CLASSES:
            found["image.dead_" + name] = sum(len(f[0]) for f in self.files if f[2] == 0 and f[3] == name)
        found["image.dead"] = found["image.shipped"] - found["image.live"]
        kinds = {}
        for f in self.files:
            if f[2] > 0:
                kinds.setdefault(f[0], []).append(f)
        found["image.duplicates"] = sum(len(data) * (len(group) - 1) for data, group in kinds.items())
        return found


# ---- both ----

def check(frostbyte, seed):
    rng = random.Random(seed)
    layers = [random_layer(rng) for _ in range(rng.randint(1, 6))]
    tars = [tar_of(entries) for entries in layers]
    model = Model()
    for entries in layers:
        model.add_layer(entries)
    expected = model.figures()
    with tempfile.TemporaryDirectory() as folder:
        expected["image.transfer"] = write_layout(folder, tars, rng)
        expected["image.tar"] = sum(len(tar) for tar in tars)
        expected["image.layers"] = len(layers)
        expected["image.entries"] = sum(len(entries) for entries in layers)
        done = subprocess.run([frostbyte, "audit", folder, "-o", "json=-"], capture_output=True, check=False)
    if done.returncode != 0:
        return [f"status {done.returncode}: {done.stderr.decode()}"]
    metrics = {m["metric"]: m.get("value") for m in json.loads(done.stdout)["subjects"][0]["metrics"]}
    return [f"{name}: {metrics.get(name)}, and the model says {value}"
            for name, value in expected.items() if metrics.get(name) != value]


def main():
    frostbyte, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for seed in range(first, first + count):
        wrong = check(frostbyte, seed)
        if wrong:
            print(f"seed {seed}:\n  " + "\n  ".join(wrong))
            sys.exit(1)
    print(f"{count} histories agree")


if __name__ == "__main__":
    main()
