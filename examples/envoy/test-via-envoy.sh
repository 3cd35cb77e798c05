#!/bin/sh
# Checks a running gateway through Envoy, from outside: what a client sees, whatever the model says.
#
#   ./test-via-envoy.sh
#   ENVOY_URL=http://127.0.0.1:8080 MODEL=llama3.2:3b ADMIN_URL=http://127.0.0.1:9901 API_KEY=... ./test-via-envoy.sh
#
# Needs a POSIX shell, curl and the usual tools (awk, cmp, grep, gzip, sed). Prints one line for each check; the exit code
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
json='content-type: application/json'
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
  call POST "$post_path" --header "$json" --data-binary "$post_json" "$@"
}

# upload_as NAME PATH: the file at the path, for user_data, under another name.
upload_as() { call POST /v1/files --form purpose=user_data --form "file=@$2;filename=\"$1\""; }

# until_done PATH: asks again until the answer's status is not in_progress any more, for two minutes at most.
until_done() {
  asked=0
  call GET "$1"
  while has '"status" *: *"in_progress"' && [ "$asked" -lt 120 ]; do
    asked=$((asked + 1))
    sleep 1
    call GET "$1"
  done
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
lacks() { ! has "$1"; }
header() { tr -d '\r' <"$headers" | grep -Eiq -- "^$1: *$2"; }
no_header() { ! header "$1" ''; }
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

section 'Files'
printf 'The library opens at nine. It has 1200 books about birds.\n' >"$work/library"
printf 'Each employee has 27 days of holiday a year.\n' >"$work/holidays"
upload_as 'Grüße – 報告.txt' "$work/library"
check 'upload: status 200' is "$status" 200
check 'upload: id file-...' has '"id" *: *"file-[A-Za-z0-9]+"'
check 'upload: object file' has '"object" *: *"file"'
check 'upload: bytes' has '"bytes" *: *58[,}]'
check 'upload: the name as it was sent' has '"filename" *: *"Grüße – 報告\.txt"'
check 'upload: purpose user_data' has '"purpose" *: *"user_data"'
library=$(first id)
call GET "/v1/files/$library"
check 'retrieve: status 200' is "$status" 200
check 'retrieve: the same id' is "$(first id)" "$library"
call GET '/v1/files?limit=1&purpose=user_data'
check 'list: status 200' is "$status" 200
check 'list: the newest first' is "$(first id)" "$library"
call GET "/v1/files/$library/content"
check 'content: status 200' is "$status" 200
check 'content: what was sent' cmp -s "$body" "$work/library"
check 'content: kept under its name, in UTF-8' header content-disposition \
  "attachment;.*filename\*=UTF-8''Gr%C3%BC%C3%9Fe%20%E2%80%93%20%E5%A0%B1%E5%91%8A\.txt"
check 'content: no page of this origin' header x-content-type-options nosniff
etag=$(sed -n 's/^[Ee][Tt]ag: *//p' "$headers" | tr -d '\r')
call GET "/v1/files/$library/content" --header 'range: bytes=4-10'
check 'range: status 206' is "$status" 206
check 'range: those bytes' is "$(cat "$body")" library
check 'range: says which' header content-range 'bytes 4-10/58$'
call GET "/v1/files/$library/content" --header "if-none-match: $etag"
check 'unchanged: status 304' is "$status" 304
call GET "/v1/files/$library/content" --header 'range: bytes=58-'
error 'range beyond the end' 416 invalid_request_error range_not_satisfiable
call POST /v1/files --form "file=@$work/library"
error 'missing purpose' 422 invalid_request_error missing_required_parameter purpose
call POST /v1/files --form purpose=pleasure --form "file=@$work/library"
error 'unknown purpose' 422 invalid_request_error invalid_value purpose
call POST /v1/files --form purpose=user_data
error 'missing file' 422 invalid_request_error missing_required_parameter file
post /v1/files '{"purpose":"user_data"}'
error 'a file that is no form' 400 invalid_request_error unsupported_content_type
call GET /v1/files/file-unknown
error 'unknown file' 404 invalid_request_error null file_id
call GET /v1/files/file-unknown/content
error 'content of an unknown file' 404 invalid_request_error null file_id

section 'A file in a request'
post /v1/responses "{\"model\":\"$MODEL\",\"temperature\":0,\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\",\"file_id\":\"$library\"},{\"type\":\"input_text\",\"text\":\"say bird\"}]}]}"
completed 'with a file'
with_file=$(first id)
call GET "/v1/responses/$with_file/input_items"
check 'with a file: the item names the file' has "\"file_id\" *: *\"$library\""
call DELETE "/v1/responses/$with_file"
post /v1/responses "{\"model\":\"$MODEL\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\",\"file_id\":\"file-unknown\"}]}]}"
error 'with an unknown file' 404 invalid_request_error null 'input[0].content[0].file_id'

section 'Uploads in parts'
head -c 20 "$work/holidays" >"$work/part-1"
tail -c +21 "$work/holidays" >"$work/part-2"
bytes=$(wc -c <"$work/holidays")
post /v1/uploads "{\"bytes\":$((bytes)),\"filename\":\"holidays.md\",\"mime_type\":\"text/markdown\",\"purpose\":\"user_data\"}"
check 'create: status 200' is "$status" 200
check 'create: id upload_...' has '"id" *: *"upload_[A-Za-z0-9]+"'
check 'create: pending, without a file' has '"status" *: *"pending".*"file" *: *null'
upload=$(first id)
call POST "/v1/uploads/$upload/parts" --form "data=@$work/part-2"
check 'part: status 200' is "$status" 200
check 'part: object upload.part' has '"object" *: *"upload\.part"'
second=$(first id)
call POST "/v1/uploads/$upload/parts" --form "data=@$work/part-1"
beginning=$(first id)
post "/v1/uploads/$upload/complete" "{\"part_ids\":[\"$beginning\"]}"
error 'too few parts' 422 invalid_request_error null part_ids
post "/v1/uploads/$upload/complete" "{\"part_ids\":[\"$beginning\",\"$second\"],\"md5\":\"00000000000000000000000000000000\"}"
error 'another md5' 422 invalid_request_error null md5
post "/v1/uploads/$upload/complete" "{\"part_ids\":[\"$beginning\",\"$second\"]}"
check 'complete: status 200' is "$status" 200
check 'complete: completed, with its file' has '"status" *: *"completed".*"file" *: *\{.*"object" *: *"file"'
holidays=$(tr -d '\r\n' <"$body" | grep -o '"file-[A-Za-z0-9]*"' | head -n 1 | tr -d '"')
call GET "/v1/files/$holidays/content"
check 'complete: the parts in the order that was named' cmp -s "$body" "$work/holidays"
call POST "/v1/uploads/$upload/cancel"
error 'cancel after the end' 400 invalid_request_error null upload_id
post /v1/uploads '{"bytes":1,"filename":"x","mime_type":"text/plain","purpose":"user_data"}'
call POST "/v1/uploads/$(first id)/cancel"
check 'cancel: cancelled' has '"status" *: *"cancelled"'
call POST /v1/uploads/upload_unknown/cancel
error 'unknown upload' 404 invalid_request_error null upload_id

section 'A vector store'
post /v1/vector_stores "{\"name\":\"check\",\"file_ids\":[\"$library\"],\"expires_after\":{\"anchor\":\"last_active_at\",\"days\":1}}"
check 'create: status 200' is "$status" 200
check 'create: id vs_...' has '"id" *: *"vs_[A-Za-z0-9]+"'
check 'create: object vector_store' has '"object" *: *"vector_store"'
check 'create: one file' has '"file_counts" *: *\{[^}]*"total" *: *1[,}]'
check 'create: expires' has '"expires_at" *: *[0-9]{10}'
store=$(first id)
post "/v1/vector_stores/$store/files" "{\"file_id\":\"$holidays\",\"attributes\":{\"kind\":\"rule\",\"year\":2026}}"
check 'attach: status 200' is "$status" 200
check 'attach: object vector_store.file' has '"object" *: *"vector_store\.file"'
check 'attach: attributes' has '"attributes" *: *\{[^}]*"year" *: *2026'
until_done "/v1/vector_stores/$store"
check 'both files are taken in' has '"status" *: *"completed"'
check 'none has failed' has '"failed" *: *0'
check 'usage_bytes' has '"usage_bytes" *: *[1-9]'
call GET "/v1/vector_stores/$store/files?filter=completed"
check 'files: both, by their status' has "$holidays.*$library"
call GET "/v1/vector_stores/$store/files/$holidays"
check 'file: completed, without an error' has '"status" *: *"completed".*"last_error" *: *null'
call GET "/v1/vector_stores/$store/files/$holidays/content"
check 'file content: status 200' is "$status" 200
check 'file content: the text' has '"text" *: *"Each employee has 27 days of holiday a year\.'

section 'Searching it'
post "/v1/vector_stores/$store/search" '{"query":"how many days of holiday"}'
check 'search: status 200' is "$status" 200
check 'search: a page of results' has '"object" *: *"vector_store\.search_results\.page"'
check 'search: echoes the query' has '"search_query" *: *\[ *"how many days of holiday" *\]'
check 'search: the passage' has '"text" *: *"Each employee has 27 days'
check 'search: a score from 0 to 1' has '"score" *: *(0(\.[0-9]+)?(e-[0-9]+)?|1)[,}]'
post "/v1/vector_stores/$store/search" '{"query":["holiday","birds"],"max_num_results":1}'
check 'search: no more than max_num_results' is "$(grep -o '"score"' "$body" | wc -l | tr -d ' ')" 1
check 'search: several queries at once' has '"search_query" *: *\[ *"holiday" *, *"birds" *\]'
by_filter() { post "/v1/vector_stores/$store/search" "{\"query\":\"holiday birds\",\"filters\":$1}"; }
by_filter '{"type":"eq","key":"kind","value":"rule"}'
check 'filter eq: finds the file' has "\"file_id\" *: *\"$holidays\""
check 'filter eq: and no other' lacks "$library"
by_filter '{"type":"ne","key":"kind","value":"rule"}'
check 'filter ne: also a file without the attribute' has "\"file_id\" *: *\"$library\""
by_filter '{"type":"and","filters":[{"type":"gte","key":"year","value":2026},{"type":"in","key":"kind","value":["rule","law"]}]}'
check 'filter and, gte, in' has "\"file_id\" *: *\"$holidays\""
by_filter '{"type":"eq","key":"year","value":"2026"}'
check 'filter: a text is no number' has '"data" *: *\[ *\]'
by_filter '{"type":"like","key":"kind","value":"r%"}'
error 'unknown filter' 422 invalid_request_error invalid_value filters.type
by_filter '{"type":"and","filters":[{"type":"eq","key":"year"}]}'
error 'filter without a value' 422 invalid_request_error missing_required_parameter 'filters.filters[0].value'
by_filter '{"type":"or","filters":[]}'
error 'empty filter' 422 invalid_request_error array_below_min_length filters.filters
by_filter '"kind = rule"'
error 'filter of a wrong type' 422 invalid_request_error invalid_type filters
post "/v1/vector_stores/$store/search" '{"query":""}'
error 'empty query' 422 invalid_request_error '' query
post /v1/vector_stores/vs_unknown/search '{"query":"x"}'
error 'unknown store' 404 invalid_request_error null vector_store_id

section 'Batches'
post "/v1/vector_stores/$store/files/$library" '{"attributes":{"kind":"note"}}'
check 'attributes: replaced' has '"attributes" *: *\{ *"kind" *: *"note" *\}'
call DELETE "/v1/vector_stores/$store/files/$library"
check 'detach: deleted true' has '"deleted" *: *true'
call GET "/v1/files/$library"
check 'detach: the file itself stays' is "$status" 200
post "/v1/vector_stores/$store/file_batches" "{\"files\":[{\"file_id\":\"$library\",\"attributes\":{\"kind\":\"place\"}}]}"
check 'batch: status 200' is "$status" 200
check 'batch: id vsfb_...' has '"id" *: *"vsfb_[A-Za-z0-9]+"'
batch=$(first id)
until_done "/v1/vector_stores/$store/file_batches/$batch"
check 'batch: completed' has '"status" *: *"completed".*"completed" *: *1'
call GET "/v1/vector_stores/$store/file_batches/$batch/files"
check 'batch: lists its file' has "\"id\" *: *\"$library\".*\"kind\" *: *\"place\""
post "/v1/vector_stores/$store/file_batches" "{\"file_ids\":[\"$library\",\"file-unknown\"]}"
error 'batch with an unknown file' 404 invalid_request_error null 'file_ids[1]'
call POST "/v1/vector_stores/$store/file_batches/vsfb_unknown/cancel"
error 'unknown batch' 404 invalid_request_error null batch_id

section 'file_search in a response'
tool="\"tools\":[{\"type\":\"file_search\",\"vector_store_ids\":[\"$store\"],\"max_num_results\":2}]"
ask 'search for holiday' "$tool,\"include\":[\"file_search_call.results\"]"
check 'file_search: status 200' is "$status" 200
check 'file_search: completed' has '"object" *: *"response"[^[{]*"status" *: *"completed"'
check 'file_search: the tool is echoed' has "\"tools\" *: *\[ *\{[^]]*\"file_search\"[^]]*$store"
check 'file_search: is carried out here' no_header x-gateway-ignored
searched=$(first id)
call GET "/v1/responses/$searched?include[]=file_search_call.results" --globoff
check 'file_search: is stored' is "$(first id)" "$searched"
ask 'search for birds' "$tool,\"stream\":true"
check 'file_search, streamed: status 200' is "$status" 200
check 'file_search, streamed: response.completed' grep -q '^event: *response\.completed' "$body"
call DELETE "/v1/responses/$(first id)"
call DELETE "/v1/responses/$searched"
ask 'say river' '"tools":[{"type":"file_search","vector_store_ids":["vs_unknown"]}]'
error 'file_search in an unknown store' 404 invalid_request_error null 'tools[0].vector_store_ids[0]'
ask 'say river' '"tools":[{"type":"file_search"}]'
error 'file_search without a store' 422 invalid_request_error missing_required_parameter 'tools[0].vector_store_ids'

section 'Deleting stores and files'
call DELETE "/v1/vector_stores/$store"
check 'store: deleted true' has '"object" *: *"vector_store\.deleted".*"deleted" *: *true'
call GET "/v1/vector_stores/$store"
error 'deleted store' 404 invalid_request_error null vector_store_id
for id in "$library" "$holidays"; do
  call DELETE "/v1/files/$id"
  check 'file: deleted true' has '"deleted" *: *true'
done
call GET "/v1/files/$library/content"
error 'deleted file' 404 invalid_request_error null file_id

section 'Prompts'
post /v1/prompts '{"name":"check","prompt":"Speak about {{subject}}."}'
check 'create: status 200' is "$status" 200
check 'create: id pmpt_...' has '"id" *: *"pmpt_[A-Za-z0-9]+"'
check 'create: version 1 with its variable' has '"variables" *: *\[ *"subject" *\].*"version" *: *"1"'
prompt=$(first id)
new_version='{"prompt":"Be brief. Speak about {{subject}}.","version":"1"}'
call PUT "/v1/prompts/$prompt" --header "$json" --data-binary "$new_version"
check 'change: version 2, the default' has '"version" *: *"2".*"default_version" *: *"2"'
call PUT "/v1/prompts/$prompt" --header "$json" --data-binary "$new_version"
error 'change of an old version' 409 invalid_request_error version_conflict version
call GET "/v1/prompts/$prompt?version=1"
check 'retrieve: an old version' has '"prompt" *: *"Speak about'
call GET "/v1/prompts/$prompt/versions"
check 'versions: both' has '"version" *: *"2".*"version" *: *"1"'
by_prompt() { ask 'say apple river' "\"prompt\":{\"id\":\"$prompt\"$1}"; }
by_prompt ',"variables":{"subject":"apples"}'
completed 'answer to a prompt'
check 'answer to a prompt: names it' has "\"prompt\" *: *\{ *\"id\" *: *\"$prompt\""
check 'answer to a prompt: instructions are its text' has '"text" *: *"Be brief\. Speak about apples\."'
call DELETE "/v1/responses/$(first id)"
by_prompt ''
error 'missing variable' 422 invalid_request_error missing_required_parameter prompt.variables.subject
by_prompt ',"version":"7"'
error 'unknown version' 404 invalid_request_error null prompt.version
call DELETE "/v1/prompts/$prompt"
check 'delete: deleted true' has '"deleted" *: *true'
by_prompt ',"variables":{"subject":"apples"}'
error 'deleted prompt' 404 invalid_request_error null prompt.id

section 'Connectors'
connector=check-$$
register() { post /v1/connectors "{\"connector_id\":\"$connector\",\"name\":\"$1\",\"server_url\":\"$2\",\"headers\":{\"authorization\":\"Bearer check-secret\"}}"; }
register Check https://mcp.example.com/mcp
check 'create: status 200' is "$status" 200
check 'create: object connector' has '"object" *: *"connector"'
check 'create: headers are not shown' lacks check-secret
call GET "/v1/connectors/$connector"
check 'retrieve: its address' has '"server_url" *: *"https://mcp\.example\.com/mcp"'
check 'retrieve: headers are not shown' lacks check-secret
register Again https://mcp.example.com/v2
check 'the same id again: overwritten' has '"name" *: *"Again".*"server_url" *: *"https://mcp\.example\.com/v2"'
call GET /v1/connectors
check 'list: has it once' is "$(grep -o "\"id\" *: *\"$connector\"" "$body" | wc -l | tr -d ' ')" 1
register Check ftp://mcp.example.com
error 'address of a wrong kind' 422 invalid_request_error invalid_value server_url
call DELETE "/v1/connectors/$connector"
check 'delete: deleted true' has '"deleted" *: *true'
call GET "/v1/connectors/$connector"
error 'deleted connector' 404 invalid_request_error

section 'Encoded bodies'
printf '{"model":"%s","temperature":0,"input":"say river"}' "$MODEL" | gzip -c >"$work/gzip"
call POST /v1/responses --header "$json" --header 'content-encoding: gzip' --data-binary "@$work/gzip"
completed gzip
call DELETE "/v1/responses/$(first id)"
call POST /v1/responses --header "$json" --header 'content-encoding: gzip' --data-binary '{}'
error 'not gzip after all' 400 invalid_request_error
call POST /v1/responses --header "$json" --header 'content-encoding: compress' --data-binary '{}'
error 'unknown encoding' 400 invalid_request_error

section 'WebSocket mode'
# curl stays on the line until its time is up: what counts is how the connection begins.
call GET /v1/responses --http1.1 --max-time 2 --header 'connection: Upgrade' --header 'upgrade: websocket' \
  --header 'sec-websocket-version: 13' --header 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=='
check 'handshake: status 101' is "$status" 101
check 'handshake: accepted' header sec-websocket-accept 's3pPLMBiTxaQ9kYGzzhZRbK\+xOo='
call GET /v1/responses
error 'no upgrade' 426 invalid_request_error upgrade_required

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
upload_as huge.txt "$work/huge"
check 'a file may be as large: status 200' is "$status" 200
check 'a file may be as large: all of it' has '"bytes" *: *34000000[,}]'
call DELETE "/v1/files/$(first id)"

if [ -n "$ADMIN_URL" ]; then
  section 'Envoy'
  call GET /health
  check 'no ext_proc stream failed' is "$(counter '^http\.gateway\.ext_proc\.streams_failed$')" 0
  check 'no message came out of turn' is "$(counter '^http\.gateway\.ext_proc\.spurious_msgs_received$')" 0
fi

printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
