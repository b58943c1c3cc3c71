#!/bin/bash
# Where weights and compiled kernels lie: the machine's local disks as one file system, else the boot disk.
# Survives a reboot. After a stop local disks are blank, and everything is made again.
# environment: FLEET_LOCAL_DISKS (yes or no), FLEET_DISK_SECONDS
. "${0%/*}/lib.sh"

data=$root/var/lib/fleet/data
label=fleet-data
array=/dev/md/fleet
by_id=$root/dev/disk/by-id
# AWS's images join the local disks themselves and mount them here.
prepared=$root/opt/dlami/nvme

local_disks() {
  find "$by_id" \( -name 'google-local-nvme-ssd-*' -o -name 'google-local-ssd-*' \
    -o -name 'nvme-Amazon_EC2_NVMe_Instance_Storage_*' \) ! -name '*-part*' ! -name '*-ns-*' ! -name '*_1' \
    -exec readlink -f {} + 2>/dev/null | sort -u
}
some_disk() { mountpoint -q "$prepared" || [ -n "$(local_disks)" ]; }

# The device with our file system, made if there is none.
prepare() {
  local disks device
  mapfile -t disks < <(local_disks)
  if [ "${#disks[@]}" -eq 1 ]; then
    device=${disks[0]}
  else
    command -v mdadm >/dev/null || fail "mdadm is not in the machine image: ${#disks[@]} local disks need it"
    device=$array
    if ! mdadm --detail "$array" >/dev/null 2>&1 && ! mdadm --assemble "$array" "${disks[@]}" >/dev/null 2>&1; then
      mdadm --create "$array" --run --force --level=0 --raid-devices="${#disks[@]}" "${disks[@]}" >&2
    fi
  fi
  if [ "$(blkid -o value -s LABEL "$device")" != "$label" ]; then
    mkfs.ext4 -q -F -m 0 -L "$label" -E lazy_itable_init=1,lazy_journal_init=1,nodiscard "$device" >&2
  fi
  printf '%s\n' "$device"
}

mkdir -p "$data"
if [ "$FLEET_LOCAL_DISKS" = yes ] && ! mountpoint -q "$data"; then
  if ! until_true "$FLEET_DISK_SECONDS" some_disk; then
    fail "no local disk appeared within $FLEET_DISK_SECONDS s, but this machine type has some"
  fi
  if mountpoint -q "$prepared"; then
    mkdir -p "$prepared/fleet"
    mount --bind "$prepared/fleet" "$data"
  else
    device=$(prepare)
    mount -o noatime,discard "$device" "$data"
  fi
fi
# vLLM's user in its image, and group root.
mkdir -p "$data/weights" "$data/home"
chown 2000:0 "$data/home"
say "$(df -h --output=avail "$data" | tail -n 1 | xargs) free"
finish
