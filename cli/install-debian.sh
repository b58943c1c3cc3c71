#!/bin/sh
# Installs Debian packages without starting their services. Run as root; arguments: the packages.
# Each package's service is expected to have the package's name.
set -eu

root=${DPKG_ROOT:-}
policy=$root/usr/sbin/policy-rc.d

has_unit() {
  [ -e "$root/lib/systemd/system/$1.service" ] || [ -e "$root/usr/lib/systemd/system/$1.service" ]
}

fresh=
for package in "$@"; do
  has_unit "$package" || fresh="$fresh $package"
done

# 101: no service may be started (invoke-rc.d(8)). A policy that is already there stays as it is.
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends "$@"

if command -v systemctl >/dev/null; then
  for package in $fresh; do
    if has_unit "$package"; then systemctl disable "$package.service"; fi
  done
fi
