#!/bin/sh
# Fetches yesterday's events with the command line, and verifies them. For cron: see cron.md beside this file.
#
#   nightly.sh FOLDER [DATASET [OPTION…]]      such as: nightly.sh exports activity_events --format parquet
#
# It takes the key as `spillway` does: a saved login (SPILLWAY_LOGIN), or SPILLWAY_KEY with SPILLWAY_ORIGIN. The result
# is on standard output, errors are on standard error, and the exit code is that of `spillway`.
set -eu
umask 077
request=

folder=${1:?"nightly.sh: name the folder that the files go to"}
shift
[ $# -gt 0 ] || set -- activity_events --format parquet

# The first try asks for yesterday by the space's time zone, and keeps the request that it comes to. The same request has
# the same checksum: with that as the key, another run of the same day follows the same export and makes no second one.
fetch() {
  [ -n "$request" ] || request=$(spillway exports create "$@" --date yesterday --print-request) || return
  key=nightly-$(printf '%s' "$request" | cksum | tr ' ' '-')
  printf '%s' "$request" | spillway exports create --request - --idempotency-key "$key" \
    --out "$folder" --verify --timeout "${SPILLWAY_TIMEOUT:-1h}" --quiet
}

# 7 is "try again later". Every other code needs a person, or another night: 5 the export failed, 6 a file is not as it
# was written, 4 the key is not accepted.
tries=${SPILLWAY_TRIES:-3}
until fetch "$@"; do
  code=$?
  tries=$((tries - 1))
  if [ "$code" -ne 7 ] || [ "$tries" -le 0 ]; then exit "$code"; fi
  sleep "${SPILLWAY_RETRY_SECONDS:-300}"
done
