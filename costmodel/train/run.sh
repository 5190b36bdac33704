#!/bin/sh
# Trains the cost model: makes the Python environment when it is missing, then runs train.py.
#   costmodel/train/run.sh [OPTIONS] DATA…
# LOOPWRIGHT_TRAIN_VENV names the folder of the environment (default: .venv beside this file).
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
venv=${LOOPWRIGHT_TRAIN_VENV:-$here/.venv}
if ! "$venv/bin/python" -c 'import torch, onnx, onnxruntime, onnxscript' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet -r "$here/requirements.txt"
fi
exec "$venv/bin/python" "$here/train.py" "$@"
