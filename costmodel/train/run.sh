#!/bin/sh
# Trains the cost model: makes the Python environment when it is missing, then runs train.py.
#   costmodel/train/run.sh [OPTIONS] DATA…
# DATA have features of this version (`loopwright dataset refeature`). Without arguments it trains again on the
# measurements that are kept in ../data, with features made anew by the built compiler (or the one that LOOPWRIGHT names).
# LOOPWRIGHT_TRAIN_VENV names the folder of the environment (default: .venv beside this file).
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
venv=${LOOPWRIGHT_TRAIN_VENV:-$here/.venv}
if ! "$venv/bin/python" -c 'import jax, onnx, onnxruntime' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet -r "$here/requirements.txt"
fi
if [ "$#" -eq 0 ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    gunzip -c "$here/../data/measured.jsonl.gz" > "$folder/measured.jsonl"
    "${LOOPWRIGHT:-$here/../../target/release/loopwright}" dataset refeature "$folder/measured.jsonl" \
        --out "$folder/features.jsonl"
    rm "$folder/measured.jsonl"
    set -- --held-out "$here/../data/heldout.jsonl" "$folder"
fi
"$venv/bin/python" "$here/train.py" "$@"
