#!/bin/bash
# A changed rule, route or secret is in use a minute later. What cannot be read stays as it was; Grafana looks by itself.
# environment: FLEET_REFRESH_SECONDS, and what inputs.sh wants
. "${0%/*}/lib.sh"

state() { find "$run/inputs/$1" -type f -exec sha256sum {} + 2>/dev/null | sort | sha256sum; }

prometheus=$(state prometheus)
alertmanager=$(state alertmanager)
# take_over PART OLD: tells a part to read its documents if they are others than OLD, and prints what they are now
take_over() {
  local new
  new=$(state "$1")
  if [ "$new" = "$2" ] || docker kill --signal HUP "fleet-$1" >/dev/null; then
    printf '%s\n' "$new"
  else
    printf '%s\n' "$2"
  fi
}

while sleep "$FLEET_REFRESH_SECONDS"; do
  FLEET_INPUT_SECONDS=0 "${0%/*}/inputs.sh" >/dev/null || say "the last inputs stay"
  prometheus=$(take_over prometheus "$prometheus")
  alertmanager=$(take_over alertmanager "$alertmanager")
done
