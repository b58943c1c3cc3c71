#!/bin/sh
# Runs a program with a secret in its environment that the container's own configuration does not show.
# usage: with-secret.sh VARIABLE FILE PROGRAM [ARGUMENT...]
set -eu
variable=$1
value=$(cat "$2")
shift 2

export "$variable=$value"
exec "$@"
