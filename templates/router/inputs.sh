#!/bin/bash
# Brings secrets, documents and identities into memory. What is there stays until what comes is whole. A line that names
# the file of an identity is asked for as that identity, else as this machine.
# environment: FLEET_PLATFORM, FLEET_REGION, FLEET_PROJECT (google), FLEET_BUCKET, FLEET_INPUT_SECONDS
. "${0%/*}/lib.sh"

storage=${FLEET_STORAGE:-https://storage.googleapis.com}
secrets=${FLEET_SECRETS:-https://secretmanager.googleapis.com}
accounts=${FLEET_ACCOUNTS:-https://iamcredentials.googleapis.com}
decode='import base64, json, sys; sys.stdout.buffer.write(base64.b64decode(json.load(sys.stdin)["payload"]["data"]))'
scope='{"scope": ["https://www.googleapis.com/auth/cloud-platform"]}'
# As AWS's programs read it from a `credential_process`.
process="Credentials.{Version: to_number('1'), AccessKeyId: AccessKeyId, SecretAccessKey: SecretAccessKey,
  SessionToken: SessionToken, Expiration: Expiration}"
as=''

bearer() {
  if [ -z "$as" ]; then google_token; else sed -n 's/.*"accessToken" *: *"\([^"]*\)".*/\1/p' "$run/$as"; fi
}
google() { curl -fsS --max-time 30 -K - "$@" <<<"header = \"Authorization: Bearer $(bearer)\""; }

amazon() {
  local config=$run/aws.config
  if [ -z "$as" ]; then
    aws --region "$FLEET_REGION" "$@"
  else
    printf '[default]\ncredential_process = cat %s\n' "$run/$as" >"$config"
    AWS_CONFIG_FILE=$config aws --region "$FLEET_REGION" "$@"
  fi
}

document() {
  case $FLEET_PLATFORM in
    aws) amazon s3 cp --only-show-errors "s3://$FLEET_BUCKET/$1" - ;;
    google) google "$storage/$FLEET_BUCKET/$1" ;;
  esac
}

secret() {
  case $FLEET_PLATFORM in
    aws) amazon secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text ;;
    google) google "$secrets/v1/projects/$FLEET_PROJECT/secrets/$1/versions/latest:access" | python3 -c "$decode" ;;
  esac
}

# An hour's rights of another identity, which this machine may act as.
identity() {
  case $FLEET_PLATFORM in
    aws)
      amazon sts assume-role --role-arn "$1" --role-session-name "$(aws_metadata instance-id)" \
        --query "$process" --output json
      ;;
    google)
      google --header 'Content-Type: application/json' --data "$scope" \
        "$accounts/v1/projects/-/serviceAccounts/$1:generateAccessToken"
      ;;
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
  chmod 0400 "$target.draft"
  mv -f "$target.draft" "$target"
}

while read -r kind name file owner as <&3; do
  until_true "$FLEET_INPUT_SECONDS" fetch "$kind" "$name" "$file" "$owner" || fail "cannot read $kind $name"
done 3<"$root/etc/fleet/inputs"
finish
