#!/bin/sh
# Checks a running gateway through Envoy, from outside: what a client sees, whatever the model says.
#
#   ./test-via-envoy.sh
#   ENVOY_URL=http://127.0.0.1:8080 MODEL=llama3.2:3b ADMIN_URL=http://127.0.0.1:9901 API_KEY=... ./test-via-envoy.sh
#
# Needs a POSIX shell, curl and the usual tools (awk, grep, gzip, sed). Prints one line for each check; the exit code
# is 0 when all pass, 1 when one fails, 2 when nothing answers at ENVOY_URL. Set ADMIN_URL to nothing where Envoy's
# admin interface is out of reach: the checks that ask it are then left out. What the checks store they delete again.
set -u

ENVOY_URL=${ENVOY_URL:-http://127.0.0.1:8080}
ENVOY_URL=${ENVOY_URL%/}
MODEL=${MODEL:-llama3.2:3b}
ADMIN_URL=${ADMIN_URL-http://127.0.0.1:9901}
API_KEY=${API_KEY:-unused}

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
body=$work/body
headers=$work/headers
passed=0
failed=0

# --- tools ---------------------------------------------------------------------------------------------------------

section() { printf '\n%s\n' "$1"; }

# call METHOD PATH [ARGUMENT OF CURL]...: the answer goes to $body and $headers, its status to $status.
call() {
  method=$1
  path=$2
  shift 2
  : >"$body"
  : >"$headers"
  curl --silent --no-buffer --max-time 300 --request "$method" --header "authorization: Bearer $API_KEY" \
    --dump-header "$headers" --output "$body" "$@" "$ENVOY_URL$path"
  curl_exit=$?
  # The last status line, since an interim "100 Continue" may stand before it.
  status=$(sed -n 's/^HTTP\/[0-9.]* \([0-9][0-9]*\).*/\1/p' "$headers" | tail -n 1)
  status=${status:-none}
}

# post PATH JSON [ARGUMENT OF CURL]...
post() {
  post_path=$1
  post_json=$2
  shift 2
  call POST "$post_path" --header 'content-type: application/json' --data-binary "$post_json" "$@"
}

# check NAME COMMAND [ARGUMENT]...: passes when the command succeeds.
check() {
  name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    printf '  ok    %s\n' "$name"
  else
    failed=$((failed + 1))
    printf '  FAIL  %s\n        %s %s: status %s, curl exit code %s: %s\n' "$name" "$method" "$path" "$status" \
      "$curl_exit" "$(tr -d '\r\n' <"$body" | cut -c 1-300)"
  fi
}

is() { [ "$1" = "$2" ]; }
at_least() { [ "$1" -ge "$2" ]; }
ends_with() { case "$1" in *"$2") true ;; *) false ;; esac; }
# Patterns are extended regular expressions; a space in JSON may be there or not.
has() { tr -d '\r\n' <"$body" | grep -Eq -- "$1"; }
header() { tr -d '\r' <"$headers" | grep -Eiq -- "^$1: *$2"; }
# The first string of that name in the answer, anywhere in it.
first() { tr -d '\r\n' <"$body" | grep -o "\"$1\" *: *\"[^\"]*\"" | head -n 1 | sed 's/.*: *"\(.*\)"/\1/'; }
# A counter of Envoy's, by a pattern that its name matches.
counter() { curl --silent --max-time 10 "$ADMIN_URL/stats?filter=$1" | awk '{ sum += $NF } END { print sum + 0 }'; }
literal() { printf %s "$1" | sed 's/[].[\*^$+?(){}|]/\\&/g'; }
json_word() { if [ "$1" = null ]; then printf null; else printf '"%s"' "$(literal "$1")"; fi; }

# An error as OpenAI's clients read it: one object with message, type, param and code, and nothing around it.
is_error() {
  has '^ *\{ *"error" *: *\{[^{}]*\} *\} *$' && has '"message" *: *"[^"]' && has '"type" *: *"[a-z_]+"' &&
    has '"param" *: *(null|"[^"]+")' && has '"code" *: *(null|"[a-z_]+")'
}

# error NAME STATUS TYPE [CODE [PARAM]]: the answer is this error. CODE and PARAM are a word, or "null".
error() {
  check "$1: status $2" is "$status" "$2"
  check "$1: JSON" header content-type application/json
  check "$1: message, type, param and code" is_error
  check "$1: type $3" has "\"type\" *: *\"$3\""
  if [ -n "${4:-}" ]; then check "$1: code $4" has "\"code\" *: *$(json_word "$4")"; fi
  if [ -n "${5:-}" ]; then check "$1: param $5" has "\"param\" *: *$(json_word "$5")"; fi
}

# A completed response: a message of the assistant with text, and the three token counts.
completed() {
  check "$1: status 200" is "$status" 200
  check "$1: JSON" header content-type application/json
  check "$1: id resp_..." has '"id" *: *"resp_[A-Za-z0-9]+"'
  check "$1: object response" has '"object" *: *"response"'
  check "$1: created_at is a time" has '"created_at" *: *[0-9]{10}'
  check "$1: completed, without an error" has '"status" *: *"completed".*"error" *: *null|"error" *: *null.*"status" *: *"completed"'
  check "$1: model $MODEL" has "\"model\" *: *\"$(literal "$MODEL")\""
  check "$1: output holds a message" has '"output" *: *\[.*"type" *: *"message"'
  check "$1: of the assistant" has '"role" *: *"assistant"'
  check "$1: with text" has '"type" *: *"output_text"'
  check "$1: usage.input_tokens" has '"usage" *: *\{.*"input_tokens" *: *[1-9]'
  check "$1: usage.output_tokens" has '"usage" *: *\{.*"output_tokens" *: *[1-9]'
  check "$1: usage.total_tokens" has '"usage" *: *\{.*"total_tokens" *: *[1-9]'
}

# ask INPUT [MORE FIELDS]: a plain answer.
ask() { post /v1/responses "{\"model\":\"$MODEL\",\"temperature\":0,\"input\":\"$1\"${2:+,$2}}"; }

# --- checks --------------------------------------------------------------------------------------------------------

printf 'Envoy %s, model %s\n' "$ENVOY_URL" "$MODEL"

section 'Through Envoy to the HTTP listener'
call GET /health
if [ "$status" = none ]; then
  printf 'Nothing answers at %s (curl exit code %s). Is Envoy up?\n' "$ENVOY_URL" "$curl_exit" >&2
  exit 2
fi
check 'health: status 200' is "$status" 200
check 'health: came through Envoy' header server envoy
call GET /health/ready
check 'ready: status 200' is "$status" 200
call GET /v1/models
check 'models: status 200' is "$status" 200
check 'models: a list' has '"object" *: *"list"'
check "models: $MODEL is among them (otherwise pull it: ollama pull $MODEL)" has "\"id\" *: *\"$(literal "$MODEL")\""
call GET /metrics
check 'metrics: status 200' is "$status" 200
check 'metrics: Prometheus text' grep -q '^# TYPE ' "$body"

section 'A plain answer, through the ExtProc listener'
if [ -n "$ADMIN_URL" ]; then before=$(counter '^http\.gateway\.ext_proc\.streams_started$'); fi
ask 'say apple river'
completed answer
check 'answer: x-request-id' header x-request-id '[^ ]'
response=$(first id)
if [ -n "$ADMIN_URL" ]; then
  after=$(counter '^http\.gateway\.ext_proc\.streams_started$')
  check 'answer: Envoy opened an ext_proc stream for it' at_least "$after" "$((before + 1))"
fi

section 'A streamed answer'
ask 'say apple river stone' '"stream":true'
streamed=$(first id)
check 'stream: status 200' is "$status" 200
check 'stream: text/event-stream' header content-type text/event-stream
check 'stream: not cached' header cache-control no-cache
check 'stream: arrived whole' is "$curl_exit" 0
sed -n 's/^event: *//p' "$body" | tr -d '\r' >"$work/events"
check 'stream: first response.created' is "$(sed -n 1p "$work/events")" response.created
check 'stream: then response.in_progress' is "$(sed -n 2p "$work/events")" response.in_progress
deltas=$(grep -c '^response\.output_text\.delta$' "$work/events")
check "stream: text in pieces ($deltas of them)" at_least "$deltas" 2
order=$(grep -E '^response\.(output_item|content_part|output_text|completed|failed)' "$work/events" | uniq | tr '\n' ' ')
check 'stream: item, part and text each begin and end, then response.completed' ends_with "$order" \
  'response.output_item.added response.content_part.added response.output_text.delta response.output_text.done response.content_part.done response.output_item.done response.completed '
check 'stream: closed by [DONE]' is "$(sed -n 's/^data: *//p' "$body" | tr -d '\r' | tail -n 1)" '[DONE]'
gaps=$(grep -o '"sequence_number" *: *[0-9]*' "$body" | sed 's/.*: *//' | awk '$1 != NR - 1' | wc -l)
check 'stream: sequence numbers from 0 without a gap' is "$((gaps))" 0
check 'stream: the response at the end has usage' has '"usage" *: *\{[^}]*"input_tokens" *: *[1-9]'

section 'Stored responses'
call GET "/v1/responses/$response"
completed retrieve
check 'retrieve: the same id' is "$(first id)" "$response"
call GET "/v1/responses/$streamed"
completed 'retrieve the streamed one'
call GET "/v1/responses/$response/input_items"
check 'input_items: status 200' is "$status" 200
check 'input_items: a list' has '"object" *: *"list"'
check 'input_items: with what was asked' has '"text" *: *"say apple river"'
check 'input_items: first_id, last_id, has_more' has '"first_id" *: *"[^"]+".*"last_id" *: *"[^"]+".*"has_more" *: *false'

section 'Continuing by previous_response_id'
ask 'My name is Ada.'
first_turn=$(first id)
ask 'What is my name?' "\"previous_response_id\":\"$first_turn\""
completed continued
check 'continued: names its predecessor' has "\"previous_response_id\" *: *\"$first_turn\""
second_turn=$(first id)
call GET "/v1/responses/$second_turn/input_items"
check 'continued: input_items hold the turn before' has '"text" *: *"My name is Ada\."'

section 'A conversation'
post /v1/conversations '{"metadata":{"topic":"check"}}'
check 'create: status 200' is "$status" 200
check 'create: id conv_...' has '"id" *: *"conv_[A-Za-z0-9]+"'
check 'create: object conversation' has '"object" *: *"conversation"'
conversation=$(first id)
ask 'say stone apple' "\"conversation\":\"$conversation\""
completed 'answer in it'
in_conversation=$(first id)
call GET "/v1/conversations/$conversation/items?order=asc"
check 'items: status 200' is "$status" 200
check 'items: question, then answer' has '"role" *: *"user".*"role" *: *"assistant"'
call DELETE "/v1/conversations/$conversation"
check 'delete: deleted true' has '"deleted" *: *true'
call GET "/v1/conversations/$conversation"
error 'deleted conversation' 404 invalid_request_error

section 'Deleting'
call DELETE "/v1/responses/$response"
check 'delete: status 200' is "$status" 200
check 'delete: deleted true' has '"deleted" *: *true'
check 'delete: names the response' has "\"id\" *: *\"$response\""
call GET "/v1/responses/$response"
error 'deleted response' 404 invalid_request_error
for id in "$streamed" "$first_turn" "$second_turn" "$in_conversation"; do call DELETE "/v1/responses/$id"; done

section 'Encoded bodies'
printf '{"model":"%s","temperature":0,"input":"say river"}' "$MODEL" | gzip -c >"$work/gzip"
json='content-type: application/json'
call POST /v1/responses --header "$json" --header 'content-encoding: gzip' --data-binary "@$work/gzip"
completed gzip
call DELETE "/v1/responses/$(first id)"
call POST /v1/responses --header "$json" --header 'content-encoding: gzip' --data-binary '{}'
error 'not gzip after all' 400 invalid_request_error
call POST /v1/responses --header "$json" --header 'content-encoding: compress' --data-binary '{}'
error 'unknown encoding' 400 invalid_request_error

section 'Errors'
post /v1/responses '{"model":'
error 'malformed JSON' 400 invalid_request_error null null
call POST /v1/responses --header 'content-type: text/plain' --data-binary '{}'
error 'wrong content type' 400 invalid_request_error
call POST /v1/responses --header "$json" --header 'content-length: 0'
error 'empty body' 400 invalid_request_error
post /v1/responses '{"input":"hello"}'
error 'missing model' 422 invalid_request_error missing_required_parameter model
post /v1/responses "{\"model\":\"$MODEL\",\"input\":5}"
error 'input of a wrong type' 422 invalid_request_error invalid_type input
post /v1/responses "{\"model\":\"$MODEL\",\"input\":\"hello\",\"temperature\":9}"
error 'value out of range' 422 invalid_request_error '' temperature
post /v1/responses '{"model":"no-such-model","input":"hello"}'
error 'unknown model' 404 invalid_request_error model_not_found model
check 'unknown model: the message names it' has 'no-such-model'
post /v1/responses '{"model":"no-such-model","input":"hello","stream":true}'
error 'unknown model, streamed' 404 invalid_request_error model_not_found model
post /v1/responses "{\"model\":\"$MODEL\",\"input\":\"hello\",\"previous_response_id\":\"resp_unknown\"}"
error 'unknown previous_response_id' 404 invalid_request_error previous_response_not_found previous_response_id
call GET /v1/responses/resp_unknown
error 'unknown response' 404 invalid_request_error
call GET /v1/conversations/conv_unknown
error 'unknown conversation' 404 invalid_request_error
call GET /v1/nothing-here
error 'unknown path' 404 invalid_request_error
call PUT /v1/responses --header "$json" --data-binary '{}'
error 'wrong method' 405 invalid_request_error method_not_allowed
check 'wrong method: allow' header allow '.*POST'
head -c 34000000 /dev/zero | tr '\0' ' ' >"$work/huge"
call POST /v1/responses --header "$json" --data-binary "@$work/huge"
error 'body too large' 413 invalid_request_error request_too_large
call POST /v1/responses --header "$json" --header 'transfer-encoding: chunked' --data-binary "@$work/huge"
error 'body too large, length not told' 413 invalid_request_error request_too_large

if [ -n "$ADMIN_URL" ]; then
  section 'Envoy'
  call GET /health
  check 'no ext_proc stream failed' is "$(counter '^http\.gateway\.ext_proc\.streams_failed$')" 0
  check 'no message came out of turn' is "$(counter '^http\.gateway\.ext_proc\.spurious_msgs_received$')" 0
fi

printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
