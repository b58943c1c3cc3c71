#!/bin/sh
# Grafana in the foreground. It needs the folder it was installed to: beside the program, or where packages put it.
# usage: run.sh SETTINGS
set -eu
program=$(command -v grafana || true)
if [ -z "$program" ]; then
  echo "no program named grafana is on the path: see https://grafana.com/grafana/download" >&2
  exit 1
fi
home=$(dirname "$(dirname "$(readlink -f "$program")")")
[ -e "$home/conf/defaults.ini" ] || home=/usr/share/grafana
exec "$program" server --homepath "$home" --config "$1"
