#!/bin/sh
# Runs a command beside a gateway of its own: starts one on a free port, says where it is in GATEWAY_URL and in MODEL the
# first model that it has, and ends it afterwards. What the gateway stored is removed.
#
#   examples/with-gateway.sh examples/curl/run.sh
#   OPENAI_BASE_URL=http://127.0.0.1:8000/v1 examples/with-gateway.sh examples/codex/run.sh "Write a haiku to haiku.txt"
#
# The model server is the one at OPENAI_BASE_URL (its key in OPENAI_API_KEY), else an Ollama on this machine, else the
# built-in model "demo". Needs `npm run setup` to have run once. The exit code is the command's.
set -eu

if [ $# -eq 0 ]; then
  echo "Which command? For example: $0 examples/curl/run.sh" >&2
  exit 2
fi
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
node=$root/node_modules/.bin/node
if [ ! -x "$node" ]; then
  echo "The packages are not installed. Run: cd $root && npm run setup" >&2
  exit 2
fi

data=$(mktemp -d)
log=$data/gateway.log
: >"$log"
(cd "$data" && exec "$node" "$root/apps/gateway/bin/gateway.js" serve \
  --http-listen 127.0.0.1:0 --extproc-listen 127.0.0.1:0 >>"$log" 2>&1) &
gateway=$!
trap 'kill "$gateway" 2>/dev/null || true; wait "$gateway" 2>/dev/null || true; rm -rf "$data"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

until grep -q '"msg":"listening"' "$log"; do
  if ! kill -0 "$gateway" 2>/dev/null; then
    echo "The gateway has not started:" >&2
    cat "$log" >&2
    exit 1
  fi
  sleep 0.1
done
GATEWAY_URL=http://$(sed -n 's/.*"http":"\([^"]*\)".*"msg":"listening".*/\1/p' "$log")
MODEL=${MODEL:-$(curl --silent "$GATEWAY_URL/v1/models" | grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4)}
export GATEWAY_URL MODEL

status=0
"$@" || status=$?
exit "$status"
