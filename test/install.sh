#!/bin/sh
# Programs that tests need beyond those of the local environment, with the Debian package that brings each.
set -eu
cd "$(dirname "$0")/.."
missing=
while read -r program package; do
  command -v "$program" >/dev/null || missing="$missing $package"
done <<END
redis-server redis-server
cloud-init cloud-init
systemd-analyze systemd
shellcheck shellcheck
python3 python3
curl curl
jq jq
chromium chromium
END
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then sudo=; else sudo='sudo -n'; fi
case " $missing " in
  # Its own switch: a machine that was not set up by cloud-init must not be at its next boot.
  *' cloud-init '*) $sudo mkdir -p /etc/cloud && $sudo touch /etc/cloud/cloud-init.disabled ;;
esac
# shellcheck disable=SC2086 # both are lists of words
exec $sudo sh cli/install-debian.sh $missing
