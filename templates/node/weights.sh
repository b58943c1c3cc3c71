#!/bin/bash
# Brings the model's files and the Harmony vocabulary to the data disk: fetch.py does it and says why if it cannot.
. "${0%/*}/lib.sh"
python3 "${0%/*}/fetch.py" weights || exit 1
finish
