#!/bin/sh
# Programs that tests need beyond those of the local environment, each under the name of its Debian package.
set -eu
cd "$(dirname "$0")/.."
missing=
for program in redis-server; do
  command -v "$program" >/dev/null || missing="$missing $program"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then sudo=; else sudo='sudo -n'; fi
# shellcheck disable=SC2086 # both are lists of words
exec $sudo sh cli/install-debian.sh $missing
