#!/usr/bin/env bash
# Lets cargo fetch hyperfine's sources, which hold the scripts it is plotted with, and prints the scripts' folder.
#
#   hyperfine_scripts.sh
#
# Exit status 1 without a cargo that can, or without a registry.
set -euo pipefail

version=1.20.0
sources=${CARGO_HOME:-$HOME/.cargo}/registry/src
cd / # outside any workspace
timeout 60 cargo info --quiet "hyperfine@$version" >/dev/null 2>&1 </dev/null || exit 1
ls -d "$sources"/*/"hyperfine-$version/scripts"
