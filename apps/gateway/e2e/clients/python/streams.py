"""Asks for every kind of answer with the OpenAI SDK and prints, as JSON, what the SDK made of each.

The first argument is a JSON list of {"model": ..., "request": {...}}. Each is asked for five times: raw
events, the accumulating helper (sync and async), and the whole answer (sync and async).
"""

import asyncio
import json
import sys

import openai
from openai.types.responses import Response


def seen(response: Response) -> dict:
    """What of a response is the same in every client and language."""
    result: dict = {
        "status": response.status,
        "items": [item.type for item in response.output],
        "text": response.output_text,
    }
    if response.error is not None:
        result["reason"] = response.error.code
    elif response.incomplete_details is not None:
        result["reason"] = response.incomplete_details.reason
    for item in response.output:
        if item.type == "function_call":
            call = {"name": item.name, "arguments": json.loads(item.arguments)}
            result.setdefault("calls", []).append(call)
        elif item.type == "reasoning":
            for field, parts in (("reasoning", item.content), ("summary", item.summary)):
                if parts:
                    result[field] = "".join(part.text for part in parts)
        elif item.type == "message":
            add_parts(result, item.content)
    return result


def add_parts(result: dict, parts: list) -> None:
    for part in parts:
        if part.type == "refusal":
            result["refusal"] = result.get("refusal", "") + part.refusal
            continue
        if part.logprobs:
            result["logprobs"] = [entry.token for entry in part.logprobs]
        links = [mark.url for mark in part.annotations if mark.type == "url_citation"]
        if links:
            result["links"] = links


class Collected:
    """The events of one stream."""

    def __init__(self) -> None:
        self.types: list[str] = []
        self.numbers: list[int] = []
        self.deltas = ""
        self.snapshot = ""
        self.final: Response | None = None

    def take(self, event) -> None:
        self.types.append(event.type)
        self.numbers.append(event.sequence_number)
        if event.type == "response.output_text.delta":
            self.deltas += event.delta
            self.snapshot = getattr(event, "snapshot", self.deltas)
        if event.type in ("response.completed", "response.incomplete", "response.failed"):
            self.final = event.response

    def report(self) -> dict:
        assert self.final is not None, "the stream has no terminal event"
        return {
            "first": self.types[:2],
            "last": self.types[-1],
            "gapless": self.numbers == list(range(len(self.numbers))),
            "deltas": self.deltas,
            "snapshot": self.snapshot,
            "answer": seen(self.final),
        }


def error_of(error: openai.APIStatusError) -> dict:
    return {"class": type(error).__name__, "code": error.code}


def ask_sync(client: openai.OpenAI, body: dict) -> dict:
    raw = Collected()
    for event in client.responses.create(**body, stream=True):
        raw.take(event)
    helped = Collected()
    with client.responses.stream(**body) as stream:
        for event in stream:
            helped.take(event)
        report = {"raw": raw.report(), "helped": helped.report()}
        if helped.types[-1] == "response.completed":
            report["accumulated"] = seen(stream.get_final_response())
    try:
        whole = client.responses.create(**body)
        report["whole"] = seen(whole)
        report["stored"] = seen(client.responses.retrieve(whole.id))
    except openai.APIStatusError as error:
        report["error"] = error_of(error)
    return report


async def ask_async(client: openai.AsyncOpenAI, body: dict) -> dict:
    helped = Collected()
    async with client.responses.stream(**body) as stream:
        async for event in stream:
            helped.take(event)
        report = {"helped": helped.report()}
        if helped.types[-1] == "response.completed":
            report["accumulated"] = seen(await stream.get_final_response())
    try:
        report["whole"] = seen(await client.responses.create(**body))
    except openai.APIStatusError as error:
        report["error"] = error_of(error)
    return report


async def ask_all(bodies: list[dict]) -> list[dict]:
    async with openai.AsyncOpenAI(max_retries=0) as client:
        return await asyncio.gather(*(ask_async(client, body) for body in bodies))


def main() -> None:
    kinds = json.loads(sys.argv[1])
    bodies = [{"model": kind["model"], "input": "hi", **kind["request"]} for kind in kinds]
    with openai.OpenAI(max_retries=0) as client:
        sync = [ask_sync(client, body) for body in bodies]
    print(json.dumps({"sync": sync, "async": asyncio.run(ask_all(bodies))}))


main()
