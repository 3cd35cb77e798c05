"""Compacts contexts with the OpenAI SDK as its users do and prints, as JSON, what came of it."""

import asyncio
import json

import openai

MODEL = "scripted"
LONG = "We talk about the weather at length. " * 150
TALK = [
    {"role": "user", "content": f"My name is Ada. {LONG}"},
    {"role": "assistant", "content": "Hello Ada."},
    {"role": "user", "content": "What is my name?"},
]
THANKS = {"role": "user", "content": "Thanks."}
MANAGE = [{"type": "compaction", "compact_threshold": 1000}]


def endpoint(client: openai.OpenAI) -> dict:
    compacted = client.responses.compact(model=MODEL, input=TALK + [{"role": "assistant", "content": "Ada."}])
    window = [item.model_dump(exclude_none=True) for item in compacted.output]
    answer = client.responses.create(model=MODEL, input=window + [THANKS])
    again = client.responses.compact(model=MODEL, previous_response_id=answer.id)
    return {
        "object": compacted.object,
        "types": [item.type for item in compacted.output],
        "tokens": compacted.usage.total_tokens,
        "answer": answer.output_text,
        "again": [item.type for item in again.output],
    }


def inside(client: openai.OpenAI) -> dict:
    whole = client.responses.create(model=MODEL, input=TALK, context_management=MANAGE)
    with client.responses.stream(model=MODEL, input=TALK, context_management=MANAGE) as stream:
        types = [event.type for event in stream]
        streamed = stream.get_final_response()
    stateless = client.responses.create(
        model=MODEL,
        store=False,
        input=[*TALK, *[item.model_dump(exclude_none=True) for item in whole.output], THANKS],
    )
    return {
        "whole": [item.type for item in whole.output],
        "streamed": [item.type for item in streamed.output],
        "events": types[2:5],
        "text": [whole.output_text, streamed.output_text],
        "stateless": stateless.output_text,
    }


async def trigger(client: openai.AsyncOpenAI) -> dict:
    response = await client.responses.create(model=MODEL, input=[*TALK, {"type": "compaction_trigger"}])
    try:
        await client.responses.create(model=MODEL, input=[{"type": "compaction_trigger"}, THANKS])
    except openai.UnprocessableEntityError as error:
        refused = [error.status_code, error.param]
    return {"types": [item.type for item in response.output], "refused": refused}


sync = openai.OpenAI(max_retries=0)
report = {
    "endpoint": endpoint(sync),
    "inside": inside(sync),
    "trigger": asyncio.run(trigger(openai.AsyncOpenAI(max_retries=0))),
}
print(json.dumps(report))
