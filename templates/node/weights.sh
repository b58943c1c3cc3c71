#!/bin/bash
# Brings the model's files and the Harmony vocabulary to the data disk: weights.py does it and says why if it cannot.
. "${0%/*}/lib.sh"
python3 "${0%/*}/weights.py" || exit 1
finish
