#!/bin/sh
# The built-in model from nothing, about six hours on two cores; what was stopped goes on with the same command.
#
#   examples/train/tiny.sh PANORAMAS ROLLS OUT
#
# PANORAMAS is what panoramas.py has made, ROLLS what keyed.py has made; OUT gets takes, runs and models.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
panoramas=$(realpath "$1") rolls=$(realpath "$2")
mkdir -p "$3/models"
cd "$3"
export PAI_MODELS_DIR="$PWD/models"

film() { pai-studio train "$here/tiny.toml" --film "$@" --panoramas "$panoramas"; }
film takes --takes 664
film takes --first 800 --takes 216
pai-studio train "$here/tiny.toml" --out first --threads 2
test -d models/tiny-first || pai-studio train first --export models/tiny-first

film takes-more --first 1200 --takes 240 --rolls "$rolls" --plates 256x144,296x124,224x168,192x192,144x256
pai-studio train "$here/tiny-shapes.toml" --out second --threads 2
test -d models/tiny || pai-studio train second --export models/tiny --sampled-in 1
