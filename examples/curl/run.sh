#!/bin/sh
# A walk through the Responses API with nothing but curl. Each request is printed before it is sent.
#
#   examples/with-gateway.sh examples/curl/run.sh
#   GATEWAY_URL=http://127.0.0.1:8080 MODEL=qwen3:8b GATEWAY_KEY=... examples/curl/run.sh
#
# What it stores it deletes again. The exit code is 0 when every request was answered with success.
set -eu

url=${GATEWAY_URL:-http://127.0.0.1:8080}/v1
model=${MODEL:-demo}
key=${GATEWAY_KEY:-unused}
work=$(mktemp -d)
answer=$work/answer
trap 'rm -rf "$work"' EXIT

# request METHOD PATH [BODY]: the answer is printed as it comes, and kept in $answer. An error ends the script.
request() {
  printf '\n%s %s %s\n' "$1" "$2" "${3:-}"
  # The exit code of a pipe is that of its end, so curl's is left in a file.
  {
    curl --silent --show-error --fail-with-body --no-buffer --request "$1" "$url$2" \
      --header "authorization: Bearer $key" ${3:+--header 'content-type: application/json' --data "$3"} ||
      echo failed >"$work/failed"
  } | tee "$answer"
  echo
  if [ -e "$work/failed" ]; then exit 1; fi
}
# The first value of that name in the answer.
first() { grep -o "\"$1\":\"[^\"]*\"" "$answer" | head -n 1 | cut -d '"' -f 4; }

echo '# The models'
request GET /models

echo '# A question, answered in one piece'
request POST /responses "{\"model\":\"$model\",\"input\":\"My name is Ada.\"}"
first_id=$(first id)

echo '# One that goes on from there, as a stream'
request POST /responses \
  "{\"model\":\"$model\",\"previous_response_id\":\"$first_id\",\"input\":\"What is my name?\",\"stream\":true}"
second_id=$(first id)

echo '# A function: the model asks for it, and is told what came of it'
tools='[{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}]'
request POST /responses \
  "{\"model\":\"$model\",\"input\":\"What is the weather in Paris?\",\"tools\":$tools,\"tool_choice\":\"required\"}"
third_id=$(first id)
call_id=$(first call_id)
request POST /responses \
  "{\"model\":\"$model\",\"previous_response_id\":\"$third_id\",\"tools\":$tools,\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"$call_id\",\"output\":\"Light rain, 12 degrees.\"}]}"
fourth_id=$(first id)

echo '# What the second answer was given, and all of it gone again'
request GET "/responses/$second_id/input_items?order=asc"
for id in "$fourth_id" "$third_id" "$second_id" "$first_id"; do
  request DELETE "/responses/$id"
done
