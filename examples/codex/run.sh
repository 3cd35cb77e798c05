#!/bin/sh
# Gives Codex a task, with the models of the gateway. Codex works in the current directory and may write only there.
#
#   examples/with-gateway.sh examples/codex/run.sh "Write a haiku to haiku.txt"
#   GATEWAY_URL=http://127.0.0.1:8080 MODEL=qwen3:8b GATEWAY_KEY=... examples/codex/run.sh "Write a haiku to haiku.txt"
#
# Codex is the one on your PATH, else a fixed version that npx fetches once. All arguments go to `codex exec`. Codex keeps
# its sessions in CODEX_HOME, or where that is not set in a directory that is removed at the end. Your own ~/.codex is left
# alone.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
codex=codex
command -v codex >/dev/null || codex='npx --yes @openai/codex@0.169.0'
export GATEWAY_KEY="${GATEWAY_KEY:-unused}"

if [ -z "${CODEX_HOME:-}" ]; then
  CODEX_HOME=$(mktemp -d)
  trap 'rm -rf "$CODEX_HOME"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
fi
export CODEX_HOME
mkdir -p "$CODEX_HOME"
# One that is there may have been edited.
[ -e "$CODEX_HOME/gateway.config.toml" ] || cp "$here/gateway.config.toml" "$CODEX_HOME/gateway.config.toml"

# Several words, where npx is called. The values are quoted twice: they are strings of TOML.
$codex exec --profile gateway --skip-git-repo-check \
  --config "model_providers.gateway.base_url=\"${GATEWAY_URL:-http://127.0.0.1:8080}/v1\"" \
  --model "${MODEL:-demo}" \
  "$@" </dev/null
