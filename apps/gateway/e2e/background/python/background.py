"""Works with background responses by the OpenAI SDK and prints, as JSON, what came of it."""

import asyncio
import json
import time

import openai

client = openai.OpenAI(max_retries=0)
report: dict[str, object] = {}


def fault(call) -> list:
    try:
        call()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.code]
    raise AssertionError("the call should have failed")


def polled() -> None:
    first = client.responses.create(model="slow", input="hi", background=True)
    response = first
    while response.status in ("queued", "in_progress"):
        time.sleep(0.02)
        response = client.responses.retrieve(first.id)
    report["polled"] = [first.status, first.background, response.status, response.output_text]


def streamed() -> None:
    seen = []
    stream = client.responses.create(model="slow", input="hi", background=True, stream=True)
    for event in stream:
        seen.append(event)
        if event.type == "response.output_text.delta":
            break
    stream.close()
    response_id = seen[0].response.id
    for event in client.responses.retrieve(
        response_id, stream=True, starting_after=seen[-1].sequence_number
    ):
        seen.append(event)
    whole = list(client.responses.retrieve(response_id, stream=True))
    bare = list(client.responses.retrieve(response_id, stream=True, include_obfuscation=False))
    with client.responses.stream(response_id=response_id, starting_after=5) as helped:
        numbers = [event.sequence_number for event in helped]
        final = helped.get_final_response()
    report["streamed"] = {
        "types": [event.type for event in seen[:3]],
        "last": seen[-1].type,
        "gapless": [event.sequence_number for event in seen] == list(range(len(seen))),
        "replayed": whole == seen,
        "padded": [any(getattr(event, "obfuscation", None) for event in events) for events in (whole, bare)],
        "helped": numbers == list(range(6, len(seen))),
        "text": [seen[-1].response.output_text, final.output_text],
    }


def foreground() -> None:
    events = list(client.responses.create(model="slow", input="hi", stream=True))
    response = client.responses.create(model="slow", input="hi")
    told = list(client.responses.retrieve(response.id, stream=True))
    report["foreground"] = {
        "replayed": list(client.responses.retrieve(events[0].response.id, stream=True)) == events,
        "told": [told[0].type, told[-1].type, told[-1].response.output_text],
        "cancelled": fault(lambda: client.responses.cancel(response.id)),
    }


def cancelled() -> None:
    response = client.responses.create(model="endless", input="hi", background=True)
    continued = fault(
        lambda: client.responses.create(model="slow", input="hi", previous_response_id=response.id)
    )
    ended = client.responses.cancel(response.id)
    report["cancelled"] = {
        "status": [ended.status, client.responses.cancel(response.id).status],
        "continued": continued,
        "unknown": fault(lambda: client.responses.cancel("resp_none")),
        "unstored": fault(
            lambda: client.responses.create(model="slow", input="hi", background=True, store=False)
        ),
    }


async def asynchronously() -> None:
    async with openai.AsyncOpenAI(max_retries=0) as asking:
        stream = await asking.responses.create(model="slow", input="hi", background=True, stream=True)
        seen = [event async for event in stream]
        again = await asking.responses.retrieve(seen[0].response.id, stream=True)
        report["asynchronously"] = [seen[-1].type, [event async for event in again] == seen]


polled()
streamed()
foreground()
cancelled()
asyncio.run(asynchronously())
print(json.dumps(report))
