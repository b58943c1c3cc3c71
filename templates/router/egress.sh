#!/bin/bash
# The egress in the foreground: the gateway's program in its second role, with secrets of its own.
# environment: FLEET_EGRESS_IMAGE, FLEET_EGRESS_USER, FLEET_EGRESS_STOP_SECONDS
. "${0%/*}/lib.sh"
mapfile -t arguments <"$root/etc/fleet/egress.args"

docker rm --force fleet-egress >/dev/null 2>&1 || true
rm -f "$run/reason/$step" "$run/failed/$step"

exec docker run --rm --name fleet-egress --init --network host \
  --user "$FLEET_EGRESS_USER:$FLEET_EGRESS_USER" --cap-drop ALL --security-opt no-new-privileges --read-only \
  --ulimit nofile=65536 --volume "$run/inputs/egress:/run/fleet/secrets:ro" \
  --stop-timeout "$FLEET_EGRESS_STOP_SECONDS" --log-driver none --entrypoint node \
  "$FLEET_EGRESS_IMAGE" /app/gateway.mjs "${arguments[@]}"
