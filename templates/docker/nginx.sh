#!/bin/bash
# nginx alone, as soon as the router agent, in a container of its own, has put files in place.
# QUIT: finishes its requests. usage: nginx.sh
set -uo pipefail

prefix=/var/lib/fleet/router
stopping=no
trap 'stopping=yes' QUIT TERM INT
until [ -e "$prefix/nginx.conf" ]; do
  [ "$stopping" = no ] || exit 0
  sleep 0.2
done
trap - QUIT TERM INT
mkdir -p "$prefix/logs"
ln -sf /dev/stdout "$prefix/logs/access.log"
exec nginx -p "$prefix" -c nginx.conf -e stderr -g 'daemon off;'
