#!/bin/bash
# Runs the router agent and nginx side by side; when one of them ends, so does the container.
# TERM: nginx finishes its requests, then the agent ends. HUP: the agent looks at its documents.
# usage: router.sh AGENT-ARGUMENT...
# environment: FLEET_AGENT_READY (URL that answers 200 once nginx has files to start with)
set -uo pipefail

prefix=/var/lib/fleet/router
mkdir -p "$prefix/logs"
# Docker keeps and limits the log.
ln -sf /dev/stdout "$prefix/logs/access.log"

nginx=
stopping=no
stop() {
  stopping=yes
  if [ -n "$nginx" ]; then kill -QUIT "$nginx"; else kill -TERM "$agent"; fi
}

node /app/router-agent.mjs --prefix "$prefix" "$@" &
agent=$!
trap stop TERM INT
trap 'kill -HUP "$agent"' HUP

until node /app/probe.mjs "$FLEET_AGENT_READY" 2>/dev/null; do
  if ! kill -0 "$agent" 2>/dev/null; then
    [ "$stopping" = yes ]
    exit
  fi
  sleep 0.2
done

if [ "$stopping" = no ]; then
  nginx -p "$prefix" -c nginx.conf -e stderr -g 'daemon off;' &
  nginx=$!
fi

# A trapped signal ends `wait`, too.
while kill -0 "$agent" 2>/dev/null && [ -n "$nginx" ] && kill -0 "$nginx" 2>/dev/null; do
  wait -n "$agent" "$nginx"
done

kill -TERM "$agent" ${nginx:+"$nginx"} 2>/dev/null
wait
[ "$stopping" = yes ]
