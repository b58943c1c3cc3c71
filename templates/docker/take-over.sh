#!/bin/sh
# Tells a running container to look at its documents. One that does not run will read them when it starts.
# usage: take-over.sh CONTAINER [URL VERSION SECONDS]    URL: asked inside the container until VERSION is there
# environment: DOCKER_HOST
set -eu
container=$1
shift

running=$(docker container ls --quiet --filter status=running --filter "name=^/$container\$")
[ -n "$running" ] || exit 0
# Not `docker kill --signal HUP`: the engine takes that for a stop and never restarts the container again.
docker exec "$running" sh -c 'kill -HUP 1'
[ $# -eq 0 ] || docker exec "$running" node /app/probe.mjs "$@"
