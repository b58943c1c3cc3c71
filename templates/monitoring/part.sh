#!/bin/bash
# Prometheus, Alertmanager or Grafana in the foreground: a user of its own, its own inputs, its own folder on the disk.
# usage: part.sh PART IMAGE USER
. "${0%/*}/lib.sh"
part=$1 image=$2 user=$3
step=$part
mapfile -t command <"$root/etc/fleet/$part.args"

data=$root/var/lib/fleet/metrics/$part
mkdir -p "$data"
chown "$user:$user" "$data"
chmod 0700 "$data"
docker rm --force "fleet-$part" >/dev/null 2>&1 || true
rm -f "$run/reason/$step" "$run/failed/$step"

exec docker run --rm --name "fleet-$part" --init --network host \
  --user "$user:$user" --cap-drop ALL --security-opt no-new-privileges --read-only --tmpfs /tmp:rw,noexec,nosuid \
  --ulimit nofile=65536 --volume "$run/inputs/$part:/run/fleet/secrets:ro" --volume "$data:/data" \
  --stop-timeout 60 --log-driver none --entrypoint "${command[0]}" "$image" "${command[@]:1}"
