"""Searches the web and has pictures made by the OpenAI SDK and prints, as JSON, what came of it."""

import asyncio
import json

import openai

client = openai.OpenAI(max_retries=0)
report: dict[str, object] = {}

SEARCH = {"model": "search", "input": "What do otters do?", "tools": [{"type": "web_search"}]}
DRAW = {
    "model": "draw",
    "input": "Draw an otter.",
    "tools": [{"type": "image_generation", "partial_images": 1}],
}


def found(response) -> dict:
    call, message = response.output
    part = message.content[0]
    citation = part.annotations[0]
    return {
        "status": call.status,
        "action": [call.action.type, call.action.queries],
        "sources": [source.url for source in call.action.sources or []],
        "cited": [citation.type, citation.url, citation.title],
        "span": part.text[citation.start_index : citation.end_index],
        "requests": response.tool_usage.web_search.num_requests,
    }


def drawn(response) -> list:
    call, message = response.output
    return [call.status, call.result, message.content[0].text]


def searches() -> None:
    include = ["web_search_call.action.sources"]
    whole = client.responses.create(**SEARCH, include=include)
    with client.responses.stream(**SEARCH, include=include) as stream:
        types = [event.type for event in stream if "web_search" in event.type]
        streamed = stream.get_final_response()
    report["searches"] = {
        "whole": found(whole),
        "streamed": found(streamed),
        "retrieved": found(client.responses.retrieve(whole.id, include=include)),
        "events": types,
    }


def pictures() -> None:
    with client.responses.stream(**DRAW) as stream:
        types = [event.type for event in stream if "image_generation" in event.type]
        streamed = stream.get_final_response()
    report["pictures"] = {
        "whole": drawn(client.responses.create(**DRAW)),
        "streamed": drawn(streamed),
        "events": types,
    }


async def asynchronously() -> None:
    async with openai.AsyncOpenAI(max_retries=0) as other:
        async with other.responses.stream(**SEARCH) as stream:
            async for _ in stream:
                pass
            report["asynchronously"] = found(await stream.get_final_response())["cited"]


searches()
pictures()
asyncio.run(asynchronously())
print(json.dumps(report))
