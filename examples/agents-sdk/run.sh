#!/bin/sh
# Runs main.ts with the Node of the repository.
#
#   examples/with-gateway.sh examples/agents-sdk/run.sh
#   GATEWAY_URL=http://127.0.0.1:8080 MODEL=qwen3:8b examples/agents-sdk/run.sh "What is the weather in Oslo?"
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
exec "$here/../../node_modules/.bin/node" "$here/main.ts" "$@"
