#!/bin/bash
# Notices that the cloud takes this machine away, and stops the servers as a shutdown would. AWS: the group lets it go, or
# a spot machine is taken back; the group then goes on. Google: a machine with GPUs is told an hour before its host is
# maintained. usage: drain.sh UNIT...     (those to wait for)
# environment: FLEET_PLATFORM, FLEET_NOTICE_SECONDS; on AWS FLEET_REGION, FLEET_HOOK, FLEET_GROUP_TAG
. "${0%/*}/lib.sh"

leaving() {
  if [ "$FLEET_PLATFORM" = google ]; then
    [ "$(google_metadata instance/maintenance-event 2>/dev/null || true)" = TERMINATE_ON_HOST_MAINTENANCE ]
  else
    [ "$(aws_metadata autoscaling/target-lifecycle-state 2>/dev/null || true)" = Terminated ] ||
      aws_metadata spot/instance-action >/dev/null 2>&1
  fi
}

until leaving; do sleep "$FLEET_NOTICE_SECONDS"; done
say "this machine is taken away: draining"
systemctl stop fleet.target fleet-leave.service "$@"

if [ "$FLEET_PLATFORM" = aws ] &&
  [ "$(aws_metadata autoscaling/target-lifecycle-state 2>/dev/null || true)" = Terminated ]; then
  aws autoscaling complete-lifecycle-action --region "$FLEET_REGION" --lifecycle-action-result CONTINUE \
    --lifecycle-hook-name "$FLEET_HOOK" --auto-scaling-group-name "$(aws_metadata "tags/instance/$FLEET_GROUP_TAG")" \
    --instance-id "$(aws_metadata instance-id)"
fi
finish
