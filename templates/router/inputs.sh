#!/bin/bash
# Brings secrets and the egress's document into memory, as this machine. What is there stays until what comes is whole.
# environment: FLEET_PLATFORM, FLEET_REGION, FLEET_PROJECT (google), FLEET_BUCKET, FLEET_INPUT_SECONDS
. "${0%/*}/lib.sh"

storage=${FLEET_STORAGE:-https://storage.googleapis.com}
secrets=${FLEET_SECRETS:-https://secretmanager.googleapis.com}
decode='import base64, json, sys; sys.stdout.buffer.write(base64.b64decode(json.load(sys.stdin)["payload"]["data"]))'

google() { curl -fsS --max-time 30 -K - "$1" <<<"header = \"Authorization: Bearer $(google_token)\""; }

document() {
  case $FLEET_PLATFORM in
    aws) aws s3 cp --region "$FLEET_REGION" --only-show-errors "s3://$FLEET_BUCKET/$1" - ;;
    google) google "$storage/$FLEET_BUCKET/$1" ;;
  esac
}

secret() {
  case $FLEET_PLATFORM in
    aws)
      aws secretsmanager get-secret-value --region "$FLEET_REGION" --secret-id "$1" \
        --query SecretString --output text
      ;;
    google) google "$secrets/v1/projects/$FLEET_PROJECT/secrets/$1/versions/latest:access" | python3 -c "$decode" ;;
  esac
}

# fetch KIND NAME FILE OWNER
fetch() {
  local target=$run/$3
  mkdir -p "${target%/*}"
  if ! (umask 077 && "$1" "$2" >"$target.draft") || ! [ -s "$target.draft" ]; then
    rm -f "$target.draft"
    return 1
  fi
  chown "$4:$4" "${target%/*}" "$target.draft"
  chmod 0700 "${target%/*}"
  mv -f "$target.draft" "$target"
}

while read -r kind name file owner <&3; do
  until_true "$FLEET_INPUT_SECONDS" fetch "$kind" "$name" "$file" "$owner" || fail "cannot read $kind $name"
done 3<"$root/etc/fleet/inputs"
finish
