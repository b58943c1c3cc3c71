#!/bin/bash
# Pulls one container image, signed in to the cloud's own registries as the machine. Nothing is asked of a registry
# if the image is there. usage: image.sh STEP IMAGE     environment: FLEET_PULL_SECONDS
. "${0%/*}/lib.sh"
step=$1
image=$2

# In memory: a token never reaches the disk.
export DOCKER_CONFIG=$run/docker
mkdir -p "$DOCKER_CONFIG"
chmod 700 "$DOCKER_CONFIG"

sign_in() {
  local host=${image%%/*} region
  case $host in
    *.dkr.ecr.*.amazonaws.com | *.dkr.ecr.*.amazonaws.com.cn)
      region=${host#*.dkr.ecr.}
      aws ecr get-login-password --region "${region%%.amazonaws.com*}" |
        docker login --username AWS --password-stdin "$host" >/dev/null
      ;;
    *-docker.pkg.dev | gcr.io | *.gcr.io)
      google_token | docker login --username oauth2accesstoken --password-stdin "https://$host" >/dev/null
      ;;
  esac
}
pull() { sign_in && docker pull --quiet "$image"; }

if ! docker image inspect "$image" >/dev/null 2>&1; then
  until_true "$FLEET_PULL_SECONDS" pull || fail "cannot pull $image"
fi
finish
