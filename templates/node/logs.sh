#!/bin/bash
# Sends the journal of the fleet's units to the cloud, as JSON, through the container engine's own log driver: no agent
# has to be in the machine image or installed. environment: FLEET_PLATFORM, FLEET_IMAGE, FLEET_REGION, FLEET_LOG_GROUP
. "${0%/*}/lib.sh"

case $FLEET_PLATFORM in
  google) driver=(--log-driver gcplogs --log-opt gcp-log-cmd=false) ;;
  aws)
    driver=(--log-driver awslogs --log-opt "awslogs-region=$FLEET_REGION"
      --log-opt "awslogs-group=$FLEET_LOG_GROUP" --log-opt "awslogs-stream=$(aws_metadata instance-id)")
    ;;
esac
docker rm --force fleet-logs >/dev/null 2>&1 || true
journalctl --follow --no-tail --cursor-file="$root/var/lib/fleet/logs.cursor" --unit='fleet-*' --identifier=fleet \
  --output=json --output-fields=MESSAGE,PRIORITY,_SYSTEMD_UNIT,FLEET_STEP,FLEET_STATE |
  docker run --rm --interactive --name fleet-logs --network none --read-only --cap-drop ALL --user 65534:65534 \
    --security-opt no-new-privileges "${driver[@]}" --log-opt mode=non-blocking \
    --entrypoint cat "$FLEET_IMAGE" >/dev/null
