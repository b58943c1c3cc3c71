#!/bin/bash
# Waits for the driver and for every GPU of the machine type. A machine with fewer is broken: it never serves.
# environment: FLEET_GPU_COUNT, FLEET_GPU_SECONDS
. "${0%/*}/lib.sh"

answers() { nvidia-smi --query-gpu=index --format=csv,noheader &>"$run/nvidia-smi"; }

mkdir -p "$run"
if ! until_true "$FLEET_GPU_SECONDS" answers; then
  fail "the GPU driver did not answer within $FLEET_GPU_SECONDS s: $(tail -n 1 "$run/nvidia-smi")"
fi
# The driver stays loaded between two processes: without it each start initialises the GPUs anew.
nvidia-smi -pm 1

gpus=$(nvidia-smi --query-gpu=index,uuid,name --format=csv,noheader)
healthy=$(grep -c 'GPU-' <<<"$gpus" || true)
if [ "$healthy" -ne "$FLEET_GPU_COUNT" ]; then
  fail "$healthy of $FLEET_GPU_COUNT GPUs answer"
fi
# A row of memory that could not be replaced: NVIDIA's sign to exchange the GPU.
remapped=$(nvidia-smi --query-remapped-rows=gpu_uuid,remapped_rows.failure --format=csv,noheader)
if broken=$(grep -i ', *yes' <<<"$remapped"); then
  fail "broken GPU memory: $(cut -d, -f1 <<<"$broken" | paste -sd ' ')"
fi
say "$healthy GPUs: $(cut -d, -f3 <<<"$gpus" | sort | uniq -c | xargs)"
finish
