#!/bin/bash
# AWS only: notices that the group takes this machine away, or that a spot machine is taken back; stops the servers as a
# shutdown would, and lets the group go on. usage: drain.sh UNIT...     (those to wait for)
# environment: FLEET_REGION, FLEET_HOOK, FLEET_GROUP_TAG, FLEET_NOTICE_SECONDS
. "${0%/*}/lib.sh"

leaving() {
  [ "$(aws_metadata autoscaling/target-lifecycle-state 2>/dev/null || true)" = Terminated ] ||
    aws_metadata spot/instance-action >/dev/null 2>&1
}

until leaving; do sleep "$FLEET_NOTICE_SECONDS"; done
say "this machine is taken away: draining"
systemctl stop fleet.target fleet-leave.service "$@"

state=$(aws_metadata autoscaling/target-lifecycle-state 2>/dev/null || true)
if [ "$state" = Terminated ]; then
  aws autoscaling complete-lifecycle-action --region "$FLEET_REGION" --lifecycle-action-result CONTINUE \
    --lifecycle-hook-name "$FLEET_HOOK" --auto-scaling-group-name "$(aws_metadata "tags/instance/$FLEET_GROUP_TAG")" \
    --instance-id "$(aws_metadata instance-id)"
fi
finish
