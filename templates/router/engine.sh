#!/bin/bash
# Waits for the container engine.
# environment: FLEET_ENGINE_SECONDS, FLEET_NAMELESS_USERS, and what install.sh needs
. "${0%/*}/lib.sh"

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

"${0%/*}/install.sh" docker || exit 1
systemctl start docker
until_true "$FLEET_ENGINE_SECONDS" answers || fail "the container engine does not answer"

# The machine's identity is for the steps. Of the containers those may ask for it that have no other.
refuse() { iptables -C "$@" 2>/dev/null || iptables -I "$@"; }
refuse DOCKER-USER -d 169.254.169.254/32 -j DROP
for user in $FLEET_NAMELESS_USERS; do
  refuse OUTPUT -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -m owner --uid-owner "$user" -j REJECT
done
finish
