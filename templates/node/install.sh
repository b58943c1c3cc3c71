#!/bin/bash
# The container engine, as part of the step `engine`, where the machine image lacks it: packages whose hashes are known,
# out of the weights bucket or from their publishers. usage: install.sh PROGRAM...     (those that must be there)
# environment: FLEET_ENGINE_SOURCE (image, bucket or publishers), FLEET_ENGINE_SECONDS
. "${0%/*}/lib.sh"
step=engine
packages=$root/var/cache/fleet/engine
# There while packages are half installed: a machine that lost its power goes on with them.
begun=$root/var/lib/fleet/engine-begun
log=$run/install

missing() {
  local program
  for program in "$@"; do command -v "$program" >/dev/null || printf '%s\n' "$program"; done | paste -sd ' '
}
# apt waits for whoever else installs something at the first boot.
install_packages() {
  DEBIAN_FRONTEND=noninteractive dpkg --configure --pending &>"$log" &&
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
      -o DPkg::Lock::Timeout="$FLEET_ENGINE_SECONDS" "$packages"/*.deb &>"$log"
}

if [ -z "$(missing "$@")" ] && [ ! -e "$begun" ]; then exit 0; fi
if [ "$FLEET_ENGINE_SOURCE" = image ]; then
  fail "the machine image lacks $(missing "$@"), and is none that fleet installs them on: see docs/operations/nodes.md"
fi
say "the machine image lacks $(missing "$@"): installing"
python3 "${0%/*}/fetch.py" engine || exit 1
mkdir -p "$run" "${begun%/*}"
touch "$begun"
until_true "$FLEET_ENGINE_SECONDS" install_packages ||
  fail "the container engine could not be installed: $(tail -n 1 "$log")"
[ -z "$(missing "$@")" ] || fail "the packages of the container engine did not bring $(missing "$@")"
if command -v nvidia-smi >/dev/null; then nvidia-ctk runtime configure --runtime=docker; fi
systemctl restart docker
rm -f "$begun"
