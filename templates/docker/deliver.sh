#!/bin/sh
# Writes files into a volume of a Docker host, through a container without network that ends at once.
# Contents pass through standard input: they are on no command line and in no log.
# usage: deliver.sh FOLDER MODE NAME=SOURCE...     SOURCE: a file, or env:VARIABLE
# environment: DOCKER_HOST, FLEET_IMAGE (has receive.sh and FOLDER), FLEET_VOLUME
set -eu
folder=$1 mode=$2
shift 2

send() {
  docker run --rm --interactive --network none --read-only --cap-drop ALL \
    --security-opt no-new-privileges --volume "$FLEET_VOLUME:$folder" \
    "$FLEET_IMAGE" sh /app/receive.sh "$folder/$1" "$mode" "$2"
}

for file in "$@"; do
  name=${file%%=*}
  source=${file#*=}
  case $source in
    env:*)
      if ! value=$(printenv "${source#env:}"); then
        echo "$name: environment variable ${source#env:} is not set" >&2
        exit 1
      fi
      printf %s "$value" | send "$name" "$(($(printf %s "$value" | wc -c)))"
      ;;
    *)
      if ! [ -r "$source" ]; then
        echo "$name: cannot read $source (if it was generated elsewhere, copy it from there)" >&2
        exit 1
      fi
      send "$name" "$(($(wc -c <"$source")))" <"$source"
      ;;
  esac
done
