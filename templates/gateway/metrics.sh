#!/bin/sh
# Prometheus as an agent beside one instance of the gateway: reads its metrics, sends them to the environment's Prometheus as
# a series of their own. TERM: it goes on until the gateway, which waits to be read once more, has ended, then sends the rest.
# usage: metrics.sh PROMETHEUS-ARGUMENT...
# environment: FLEET_METRICS_CONFIG (prometheus.yml in Base64), FLEET_METRICS_FOLDER, FLEET_GATEWAY_ADMIN (host:port);
# K_REVISION where Cloud Run sets it
set -eu
mkdir -p "$FLEET_METRICS_FOLDER"
instance=${K_REVISION:-$(hostname)}-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
config=$FLEET_METRICS_FOLDER/prometheus.yml
printf %s "$FLEET_METRICS_CONFIG" | base64 -d | sed "s/{instance}/$instance/" >"$config"

stopping=no
trap 'stopping=yes' TERM INT
prometheus --config.file="$config" --storage.agent.path="$FLEET_METRICS_FOLDER/data" "$@" &
agent=$!
# A trapped signal ends `wait`, too.
while [ "$stopping" = no ] && kill -0 "$agent" 2>/dev/null; do wait "$agent" || true; done

if [ "$stopping" = yes ]; then
  tries=80
  while [ "$tries" -gt 0 ] && wget -q -O /dev/null "http://$FLEET_GATEWAY_ADMIN/status" 2>/dev/null; do
    tries=$((tries - 1))
    sleep 0.1
  done
  # What was read last is on its way: an agent forgets what it has not sent when it ends.
  sleep 1
  kill -TERM "$agent" 2>/dev/null || true
  while kill -0 "$agent" 2>/dev/null; do wait "$agent" || true; done
  exit 0
fi
exit 1
