#!/bin/bash
# nginx in the foreground, in a container that the router agent shares the processes of. Its output goes to journald.
# environment: FLEET_IMAGE, FLEET_ROUTER_USER, FLEET_CONTAINER_STOP_SECONDS
. "${0%/*}/lib.sh"
prefix=$run/router

# In memory: the hop key and bodies of requests are in it, and the agent makes all of it anew.
mkdir -p "$prefix"
chown "$FLEET_ROUTER_USER:$FLEET_ROUTER_USER" "$prefix"
chmod 0700 "$prefix"
docker rm --force fleet-nginx >/dev/null 2>&1 || true
rm -f "$run/reason/$step" "$run/failed/$step"

exec docker run --rm --name fleet-nginx --init --network host \
  --user "$FLEET_ROUTER_USER:$FLEET_ROUTER_USER" --cap-drop ALL --security-opt no-new-privileges --read-only \
  --ulimit nofile=65536 --volume "$prefix:/var/lib/fleet/router" \
  --stop-signal QUIT --stop-timeout "$FLEET_CONTAINER_STOP_SECONDS" --log-driver none --entrypoint bash \
  "$FLEET_IMAGE" /app/nginx.sh
