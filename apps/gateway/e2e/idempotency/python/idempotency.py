"""Asks with idempotency keys by the OpenAI SDK and prints, as JSON, what came of it."""

import asyncio
import json

import openai

client = openai.OpenAI(max_retries=0)
report: dict[str, object] = {}
ask = {"model": "scripted", "input": "hi"}


def with_key(key: str) -> dict:
    return {"extra_headers": {"Idempotency-Key": key}}


def plain() -> None:
    first = client.responses.create(**ask, **with_key("python-plain"))
    raw = client.responses.with_raw_response.create(**ask, **with_key("python-plain"))
    again = raw.parse()
    report["plain"] = [
        again.model_dump() == first.model_dump(),
        again.output_text,
        raw.headers.get("idempotent-replayed"),
    ]


def streamed() -> None:
    finals = []
    for _ in range(2):
        with client.responses.stream(**ask, **with_key("python-stream")) as stream:
            stream.until_done()
            finals.append(stream.get_final_response())
    report["streamed"] = [finals[0].id == finals[1].id, finals[1].output_text]


def unstored() -> None:
    ids = []
    for _ in range(2):
        events = list(
            client.responses.create(**ask, store=False, stream=True, **with_key("python-unstored"))
        )
        ids.append([events[-1].type, events[-1].response.id])
    report["unstored"] = [ids[0] == ids[1], ids[1][0]]


def reused() -> None:
    try:
        client.responses.create(model="scripted", input="other", **with_key("python-plain"))
    except openai.UnprocessableEntityError as error:
        report["reused"] = [error.status_code, error.code, error.param]


async def at_once() -> None:
    async with openai.AsyncOpenAI(max_retries=0) as asynchronous:
        calls = [asynchronous.responses.create(**ask, **with_key("python-at-once")) for _ in range(8)]
        report["at once"] = len({response.id for response in await asyncio.gather(*calls)})


plain()
streamed()
unstored()
reused()
asyncio.run(at_once())
print(json.dumps(report))
