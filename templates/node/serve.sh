#!/bin/bash
# One vLLM server in the foreground. Its output goes to journald. usage: serve.sh NUMBER
# environment: FLEET_IMAGE, FLEET_CONTAINER_STOP_SECONDS, and of the server FLEET_SERVER_PORT, FLEET_SERVER_GPUS
. "${0%/*}/lib.sh"
number=$1
step=vllm@$number
data=$root/var/lib/fleet/data
mapfile -t arguments <"$root/etc/fleet/server-$number.args"

home=$data/home/server-$number
mkdir -p "$home" "$run/started"
chown 2000:0 "$home"
docker rm --force "fleet-vllm-$number" >/dev/null 2>&1 || true
rm -f "$run/reason/$step" "$run/failed/$step"
touch "$run/started/$number"

# Not root, no capabilities, nothing writable but a home on the data disk, which keeps compiled kernels for the next
# start, and memory. No hub, no telemetry: everything the server needs is on the disk.
exec docker run --rm --name "fleet-vllm-$number" --init \
  --gpus "\"device=$FLEET_SERVER_GPUS\"" \
  --user 2000:0 --cap-drop ALL --security-opt no-new-privileges --read-only \
  --tmpfs /tmp:rw,exec,nosuid,size=16g --shm-size 16g \
  --ulimit memlock=-1 --ulimit stack=67108864 --ulimit nofile=1048576 \
  --publish "$FLEET_SERVER_PORT:$FLEET_SERVER_PORT" \
  --volume "$data/weights:/weights:ro" --volume "$home:/home/vllm" \
  --env HOME=/home/vllm --env USER=vllm --env VLLM_CACHE_ROOT=/home/vllm/.cache/vllm \
  --env HF_HUB_OFFLINE=1 --env TRANSFORMERS_OFFLINE=1 --env TIKTOKEN_ENCODINGS_BASE=/weights/harmony \
  --env-file "$root/etc/fleet/vllm.env" \
  --stop-timeout "$FLEET_CONTAINER_STOP_SECONDS" --log-driver none --entrypoint vllm \
  "$FLEET_IMAGE" "${arguments[@]}"
