#!/bin/bash
# Before the servers stop: the node says that it is not ready, and waits until routers have noticed. A server that got
# SIGTERM still takes requests and answers them with an abort. environment: FLEET_LEAVE_SECONDS
. "${0%/*}/lib.sh"
mkdir -p "$run"
touch "$run/draining"
say "leaving the routers, $FLEET_LEAVE_SECONDS s"
sleep "$FLEET_LEAVE_SECONDS"
