#!/bin/bash
# A secret that was changed, or another egress document, is there a minute later. What cannot be read stays as it was.
# environment: FLEET_REFRESH_SECONDS, and what inputs.sh wants
. "${0%/*}/lib.sh"

while sleep "$FLEET_REFRESH_SECONDS"; do
  FLEET_INPUT_SECONDS=0 "${0%/*}/inputs.sh" >/dev/null || say "the last inputs stay"
done
