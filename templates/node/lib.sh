# shellcheck shell=bash
# What the steps of a booting node share. Sourced first; the node's facts (node.env) are in the environment.
# Every step is idempotent. It ends with 0, or with a reason in $run/reason/<step>, which failed.sh reports.
set -Eeuo pipefail

# Tests run the steps in a folder of their own. Nothing else reads FLEET_ROOT.
root=${FLEET_ROOT:-}
run=$root/run/fleet
pause=${FLEET_PAUSE:-2}
metadata=${FLEET_METADATA:-http://169.254.169.254}

step=${0##*/}
step=${step%.sh}
began=$(date +%s)

say() { printf 'fleet %s: %s\n' "$step" "$*"; }

fail() {
  trap - ERR
  mkdir -p "$run/reason"
  printf '%s\n' "$*" >"$run/reason/$step"
  printf 'fleet %s: %s\n' "$step" "$*" >&2
  exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

# until_true SECONDS COMMAND...: tries until the command succeeds or the time is over
until_true() {
  local deadline=$(($(date +%s) + $1))
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$deadline" ] || return 1
    sleep "$pause"
  done
}

# write_metrics NAME <TEXT: a file of the node exporter's textfile collector, whole or not at all
write_metrics() {
  mkdir -p "$run/metrics"
  cat >"$run/metrics/$1.draft"
  mv -f "$run/metrics/$1.draft" "$run/metrics/$1.prom"
}

# The step is complete: its old failure is over.
finish() {
  rm -f "$run/reason/$step" "$run/failed/$step"
  write_metrics "step-$step" <<END
fleet_node_step_failed{step="$step"} 0
fleet_node_step_seconds{step="$step"} $(($(date +%s) - began))
END
  say "done"
}

# google_metadata PATH
google_metadata() {
  curl -fsS --max-time 10 -H 'Metadata-Flavor: Google' "$metadata/computeMetadata/v1/$1"
}

# Credentials pass through pipes and files in memory, never through a command line.
google_token() {
  google_metadata instance/service-accounts/default/token |
    sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p'
}

# aws_metadata PATH: through the session-oriented metadata service
aws_metadata() {
  local token
  token=$(curl -fsS --max-time 10 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/latest/api/token")
  curl -fsS --max-time 10 -K - "$metadata/latest/meta-data/$1" <<<"header = \"X-aws-ec2-metadata-token: $token\""
}
