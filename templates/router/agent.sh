#!/bin/bash
# The router agent in the foreground: it sees nginx's processes and files, and nothing else of the machine. It may end and
# start again while nginx serves. environment: FLEET_IMAGE, FLEET_ROUTER_USER
. "${0%/*}/lib.sh"
docker rm --force fleet-router-agent >/dev/null 2>&1 || true

exec docker run --rm --name fleet-router-agent --network host --pid container:fleet-nginx \
  --user "$FLEET_ROUTER_USER:$FLEET_ROUTER_USER" --cap-drop ALL --security-opt no-new-privileges --read-only \
  --volume "$run/router:/var/lib/fleet/router" --volume "$run/inputs/router:/run/fleet/secrets:ro" \
  --volume "$root/etc/fleet/router-agent.json:/etc/fleet/router-agent.json:ro" \
  --log-driver none --entrypoint node \
  "$FLEET_IMAGE" /app/router-agent.mjs --settings /etc/fleet/router-agent.json
