#!/bin/bash
# The disk that outlives the machine: a file system is made on it only if it has none. It grows with the disk.
# environment: FLEET_PLATFORM, FLEET_DISK_SECONDS
. "${0%/*}/lib.sh"

data=$root/var/lib/fleet/metrics
by_id=$root/dev/disk/by-id

root_disk() { printf '/dev/%s\n' "$(lsblk --noheadings --output PKNAME "$(findmnt --noheadings --output SOURCE /)" | head -n 1)"; }

# The one disk of AWS that the system is not on; Google's has a name.
metrics_disk() {
  if [ "$FLEET_PLATFORM" = google ]; then
    readlink -e "$by_id/google-metrics"
    return
  fi
  find "$by_id" -name 'nvme-Amazon_Elastic_Block_Store_vol*' ! -name '*-part*' ! -name '*-ns-*' ! -name '*_1' \
    -exec readlink -f {} + 2>/dev/null | sort -u | grep -vxF "$(root_disk)" | head -n 1 | grep .
}

if ! mountpoint -q "$data"; then
  until_true "$FLEET_DISK_SECONDS" metrics_disk >/dev/null || fail "the disk of metrics is not attached"
  device=$(metrics_disk)
  if ! blkid "$device" >/dev/null; then mkfs.ext4 -q -m 1 -L fleet-metrics "$device" >&2; fi
  mkdir -p "$data"
  mount -o noatime "$device" "$data"
  resize2fs "$device" >&2
fi
say "$(df -h --output=avail "$data" | tail -n 1 | xargs) free"
finish
