#!/bin/bash
# Tells the group that this router serves: until then none of the others is taken away.
# environment: FLEET_PLATFORM, FLEET_HEALTH_URL, FLEET_JOIN_SECONDS, and on aws FLEET_REGION, FLEET_JOIN_HOOK,
# FLEET_GROUP_TAG
. "${0%/*}/lib.sh"

serves() { curl -fsS --max-time 5 --output /dev/null "$FLEET_HEALTH_URL"; }

until_true "$FLEET_JOIN_SECONDS" serves || fail "nginx does not serve: journalctl -u fleet-router-agent -u fleet-nginx"
if [ "$FLEET_PLATFORM" = aws ]; then
  # The first machines of a group, and one that boots again, are not waited for.
  aws autoscaling complete-lifecycle-action --region "$FLEET_REGION" --lifecycle-action-result CONTINUE \
    --lifecycle-hook-name "$FLEET_JOIN_HOOK" --auto-scaling-group-name "$(aws_metadata "tags/instance/$FLEET_GROUP_TAG")" \
    --instance-id "$(aws_metadata instance-id)" || say "the group did not wait for this machine"
fi
say "this router serves"
finish
