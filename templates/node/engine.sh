#!/bin/bash
# Waits for the container engine with NVIDIA's toolkit. Google's GPU images bring the driver alone: there both are
# installed if the node reaches the internet, else the machine image must have them.
# environment: FLEET_INTERNET (yes or no), FLEET_ENGINE_SECONDS
. "${0%/*}/lib.sh"

toolkit_source=https://nvidia.github.io/libnvidia-container
keyring=$root/usr/share/keyrings/nvidia-container-toolkit.gpg
list=$root/etc/apt/sources.list.d/nvidia-container-toolkit.list

complete() { command -v docker >/dev/null && command -v nvidia-ctk >/dev/null; }
answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

install_engine() {
  export DEBIAN_FRONTEND=noninteractive
  mkdir -p "${keyring%/*}" "${list%/*}"
  curl -fsS --retry 5 "$toolkit_source/gpgkey" | gpg --dearmor --yes --output "$keyring"
  printf 'deb [signed-by=%s] %s/stable/deb/amd64 /\n' "$keyring" "$toolkit_source" >"$list"
  apt-get -q update && apt-get -q install -y --no-install-recommends docker.io nvidia-container-toolkit
}

if ! complete; then
  if [ "$FLEET_INTERNET" != yes ]; then
    fail "the machine image has no container engine with NVIDIA's toolkit, and this node has no internet to install it from: see docs/operations/nodes.md"
  fi
  say "installing docker.io and nvidia-container-toolkit"
  until_true "$FLEET_ENGINE_SECONDS" install_engine || fail "the container engine could not be installed"
  nvidia-ctk runtime configure --runtime=docker
  systemctl restart docker
fi
systemctl start docker
until_true "$FLEET_ENGINE_SECONDS" answers || fail "the container engine does not answer"

# The machine's identity is for the machine. Containers cannot ask for it.
if ! iptables -C DOCKER-USER -d 169.254.169.254/32 -j DROP 2>/dev/null; then
  iptables -I DOCKER-USER -d 169.254.169.254/32 -j DROP
fi
finish
