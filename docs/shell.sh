# The shell functions of the pages in this folder, and a new space. Use: `. docs/shell.sh` in the repository's folder, with
# bash or zsh, curl and node. ORIGIN is the service, ADMIN_TOKEN its operator's token, KEY the API key of the new space.

export ORIGIN=${ORIGIN:-http://localhost:8787} ADMIN_TOKEN=${ADMIN_TOKEN:-local-admin-token-for-development-only}

# api PATH [curl's options]: calls the API with KEY, and prints the answer. Fails when the answer is an error.
api() {
  api_path=$1
  shift
  curl --silent --show-error --fail-with-body --write-out '\n' "$ORIGIN/v1/$api_path" \
    --header "Authorization: Bearer $KEY" --header 'Content-Type: application/json' "$@"
}

# field NAME: prints one field of the JSON on standard input, such as `id` or `files[0].name`.
field() {
  node -pe "JSON.parse(require('node:fs').readFileSync(0, 'utf8')).$1"
}

# await_export ID: waits until the export has ended, and prints its state. Fails unless it is completed.
await_export() {
  export_status=processing
  while [ "$export_status" = queued ] || [ "$export_status" = processing ]; do
    sleep 1
    export_answer=$(api "exports/$1") || return 1
    export_status=$(printf '%s' "$export_answer" | field status)
  done
  echo "$export_status"
  [ "$export_status" = completed ]
}

# new_space NAME: creates a space that keeps ten years of events, and prints the answer with its key.
new_space() {
  curl --silent --show-error --fail-with-body "$ORIGIN/v1/spaces" --header "Authorization: Bearer $ADMIN_TOKEN" \
    --header 'Content-Type: application/json' \
    --data "{\"name\":\"$1\",\"timezone\":\"Europe/London\",\"retention_days\":3650}"
}

# A new space for each page, so that pages do not meet. To work in a space of your own, set KEY afterwards.
if space_answer=$(new_space Shop); then
  KEY=$(printf '%s' "$space_answer" | field api_key)
  export KEY
else
  echo "No space was created at $ORIGIN. Does the service run? Start it with: npm run dev" >&2
  false
fi
