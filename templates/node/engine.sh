#!/bin/bash
# Waits for the container engine with NVIDIA's toolkit, and keeps containers from the machine's identity.
# environment: FLEET_ENGINE_SECONDS, and what install.sh needs
. "${0%/*}/lib.sh"

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

"${0%/*}/install.sh" docker nvidia-ctk || exit 1
systemctl start docker
until_true "$FLEET_ENGINE_SECONDS" answers || fail "the container engine does not answer"

# The machine's identity is for the machine. Containers cannot ask for it.
if ! iptables -C DOCKER-USER -d 169.254.169.254/32 -j DROP 2>/dev/null; then
  iptables -I DOCKER-USER -d 169.254.169.254/32 -j DROP
fi
finish
