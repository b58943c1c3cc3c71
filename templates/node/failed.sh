#!/bin/bash
# Reports a unit that has failed for good: serial console, journal, metric; and asks for another machine if this one is
# broken. usage: failed.sh UNIT     (fleet-gpus, fleet-vllm@1)     environment: FLEET_PLATFORM, FLEET_REGION
. "${0%/*}/lib.sh"
name=${1#fleet-}
reason="it ended too often or took too long: journalctl -u $1"
if [ -s "$run/reason/$name" ]; then reason=$(cat "$run/reason/$name"); fi

mkdir -p "$run/failed"
printf '%s\n' "$reason" >"$run/failed/$name"
write_metrics "step-$name" <<END
fleet_node_step_failed{step="$name"} 1
END
printf 'fleet: %s FAILED: %s\n' "$name" "$reason" >"$root/dev/console"
logger --journald <<END
MESSAGE=fleet: $name FAILED: $reason
PRIORITY=2
SYSLOG_IDENTIFIER=fleet
FLEET_STEP=$name
FLEET_STATE=failed
END

# Another machine helps where this one is broken: GPUs, disks, a server that has served and cannot any more. A wrong
# checksum or a missing image is the same on every machine; this one stays to be looked at.
case $name in
  gpus | disks) broken=yes ;;
  vllm@*) if [ -e "$root/var/lib/fleet/served/${name#vllm@}" ]; then broken=yes; else broken=no; fi ;;
  *) broken=no ;;
esac
if [ "$broken" = yes ]; then
  touch "$run/broken"
  if [ "$FLEET_PLATFORM" = aws ]; then
    aws autoscaling set-instance-health --region "$FLEET_REGION" --health-status Unhealthy \
      --no-should-respect-grace-period --instance-id "$(aws_metadata instance-id)"
  fi
fi
