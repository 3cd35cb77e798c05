"""Uses the OpenAI SDK as its users do and prints, as JSON, what came of it, scenario by scenario.

The name of the model tells the server behind what to answer; the test says what is to be expected.
"""

import asyncio
import json
import time
from typing import Callable

import openai
from pydantic import BaseModel

report: dict[str, object] = {}


class Place(BaseModel):
    city: str
    country: str


def facts(error: openai.APIStatusError) -> dict:
    return {
        "class": type(error).__name__,
        "status": error.status_code,
        "code": error.code,
        "param": error.param,
        "type": error.type,
        "request_id": error.request_id == error.response.headers["x-request-id"],
    }


def fault(call: Callable[[], object]) -> dict:
    try:
        call()
    except openai.APIStatusError as error:
        return facts(error)
    raise AssertionError("the call should have failed")


def faults(client: openai.OpenAI) -> dict:
    create = client.responses.create
    stranger = client.with_options(api_key="sk-mallory")
    return {
        "overflow": fault(lambda: create(model="overflow", input="hi")),
        "overflow, streamed": fault(lambda: create(model="overflow", input="hi", stream=True)),
        "invalid": fault(lambda: create(model="text", input="hi", temperature=3)),
        "missing": fault(lambda: create(model="text", input="hi", previous_response_id="resp_none")),
        "busy": fault(lambda: create(model="busy", input="hi")),
        "broken": fault(lambda: create(model="broken", input="hi")),
        "stranger": fault(lambda: stranger.responses.create(model="text", input="hi")),
    }


def retries(client: openai.OpenAI) -> dict:
    slept: list[float] = []
    real_sleep, time.sleep = time.sleep, slept.append
    try:
        response = client.with_options(max_retries=2).responses.create(model="busy-twice", input="hi")
    finally:
        time.sleep = real_sleep
    return {"text": response.output_text, "slept": slept}


def leaving(client: openai.OpenAI) -> dict:
    try:
        client.with_options(timeout=0.25).responses.create(model="hanging", input="hi")
        timed_out = False
    except openai.APITimeoutError:
        timed_out = True
    deltas = []
    with client.responses.stream(model="endless", input="hi") as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                deltas.append(event.delta)
                break
    return {"timed_out": timed_out, "deltas": deltas}


def parsing(client: openai.OpenAI) -> dict:
    parsed = client.responses.parse(model="place", input="hi", text_format=Place)
    with client.responses.stream(model="place", input="hi", text_format=Place) as stream:
        done = [event.parsed for event in stream if event.type == "response.output_text.done"]
        final = stream.get_final_response()
    tools = [openai.pydantic_function_tool(Place, name="locate")["function"]]
    called = client.responses.parse(model="call", input="hi", tools=[{"type": "function", **tools[0]}])
    return {
        "parsed": parsed.output_parsed.model_dump(),
        "streamed": [place.model_dump() for place in (*done, final.output_parsed)],
        "arguments": called.output[0].parsed_arguments,
    }


def ids(client: openai.OpenAI) -> dict:
    raw = client.responses.with_raw_response.create(model="text", input="hi")
    response = raw.parse()
    return {
        "request_id": raw.headers["x-request-id"] == response._request_id != None,
        "content_type": raw.headers["content-type"],
        "status": raw.status_code,
    }


def responses(client: openai.OpenAI) -> dict:
    words = [f"word {n}" for n in range(5)]
    items = [{"role": "user", "content": [{"type": "input_text", "text": word}]} for word in words]
    first = client.responses.create(model="text", input=items, metadata={"a": "b"})
    second = client.responses.create(model="text", input="more", previous_response_id=first.id)
    listed = client.responses.input_items.list(second.id, order="asc", limit=2)
    shown = [item.content[0].text for item in listed]
    stored = client.responses.retrieve(first.id)
    client.responses.delete(first.id)
    return {
        "listed": shown,
        "stored": stored.to_dict() == first.to_dict() and stored.metadata == {"a": "b"},
        "gone": fault(lambda: client.responses.retrieve(first.id))["class"],
        "chain gone": fault(
            lambda: client.responses.create(model="text", input="x", previous_response_id=first.id)
        )["code"],
    }


def conversations(client: openai.OpenAI) -> dict:
    conversation = client.conversations.create(metadata={"topic": "tea"})
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "zero"}]}
    added = client.conversations.items.create(conversation.id, items=[message])
    response = client.responses.create(model="text", input="one", conversation=conversation.id)
    listed = client.conversations.items.list(conversation.id, order="asc", limit=2)
    shown = [item.content[0].text for item in listed]
    item = client.conversations.items.retrieve(added.data[0].id, conversation_id=conversation.id)
    after = client.conversations.items.delete(item.id, conversation_id=conversation.id)
    updated = client.conversations.update(conversation.id, metadata={"topic": "coffee"})
    deleted = client.conversations.delete(conversation.id)
    return {
        "shown": shown,
        "item": item.to_dict() == added.data[0].to_dict(),
        "after deleting the item": [after.id == conversation.id, after.object],
        "topics": [conversation.metadata, updated.metadata],
        "deleted": [deleted.deleted, deleted.object],
        "in the response": response.conversation.id == conversation.id,
        "gone": fault(lambda: client.conversations.retrieve(conversation.id))["class"],
    }


def replaying(client: openai.OpenAI) -> list[str]:
    """Sends the output back as input, as objects of the SDK and as dictionaries with all their nulls."""
    question = {"role": "user", "content": "Which?"}
    tools = [{"type": "function", "name": name, "parameters": {}, "strict": False} for name in ("add", "sub")]
    first = client.responses.create(model="replayed", input=[question], tools=tools, store=False)
    outputs = [
        {"type": "function_call_output", "call_id": item.call_id, "output": f"result of {item.name}"}
        for item in first.output
        if item.type == "function_call"
    ]
    answers = []
    for output in (first.output, [item.model_dump() for item in first.output]):
        history = [question, *output, *outputs]
        again = client.responses.create(model="replayed", input=history, tools=tools, store=False)
        answers.append(again.output_text)
    return answers


async def read_until_cancelled(client: openai.AsyncOpenAI, first_token: asyncio.Event) -> None:
    async with client.responses.stream(model="endless", input="hi") as stream:
        async for event in stream:
            if event.type == "response.output_text.delta":
                first_token.set()


async def asynchronously() -> dict:
    async with openai.AsyncOpenAI(max_retries=0) as client:
        conversation = await client.conversations.create()
        for word in ("one", "two"):
            await client.responses.create(model="text", input=word, conversation=conversation.id)
        items = client.conversations.items.list(conversation.id, order="asc", limit=1)
        shown = [item.content[0].text async for item in items]
        try:
            await client.responses.create(model="busy", input="hi")
            busy = None
        except openai.RateLimitError as error:
            busy = facts(error)
        first_token = asyncio.Event()
        task = asyncio.create_task(read_until_cancelled(client, first_token))
        await first_token.wait()
        task.cancel()
        cancelled = (await asyncio.gather(task, return_exceptions=True))[0]
        return {"shown": shown, "busy": busy, "cancelled": type(cancelled).__name__}


def main() -> None:
    with openai.OpenAI(max_retries=0) as client:
        for scenario in (faults, retries, leaving, parsing, ids, responses, conversations, replaying):
            report[scenario.__name__] = scenario(client)
    report["asynchronously"] = asyncio.run(asynchronously())
    print(json.dumps(report))


main()
