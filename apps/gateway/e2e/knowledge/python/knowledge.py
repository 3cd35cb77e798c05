"""Uses files, vector stores and file_search with the OpenAI SDK and prints, as JSON, what came of it."""

import asyncio
import io
import json
import tempfile
from pathlib import Path

import openai

client = openai.OpenAI()
report: dict[str, object] = {}


def fault(call) -> list:
    try:
        call()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.param]
    raise AssertionError("the call should have failed")


def files() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Übersicht.txt"
        path.write_bytes(bytes(range(256)) * 1000)
        by_path = client.files.create(file=path, purpose="user_data")
        in_parts = client.uploads.upload_file_chunked(
            file=path, mime_type="text/plain", purpose="user_data", part_size=100_000
        )
    in_memory = client.files.create(file=("b.txt", io.BytesIO(b"b")), purpose="user_data")
    assert in_parts.file is not None
    contents = [client.files.content(id).read() for id in (by_path.id, in_parts.file.id)]
    report["files"] = {
        "names": [by_path.filename, in_parts.file.filename, in_memory.filename],
        "equal": [content == bytes(range(256)) * 1000 for content in contents],
        "upload": in_parts.status,
        "listed": [file.filename for file in client.files.list(purpose="user_data", limit=1, order="asc")],
        "deleted": client.files.delete(in_memory.id).deleted,
        "gone": fault(lambda: client.files.retrieve(in_memory.id)),
    }


def stores() -> str:
    store = client.vector_stores.create(name="Animals", metadata={"by": "python"})
    single = client.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("otters.md", b"Otters swim in rivers."), attributes={"wet": True}
    )
    batch = client.vector_stores.file_batches.upload_and_poll(
        vector_store_id=store.id,
        files=[("cats.md", b"Cats sleep all day."), ("moles.md", b"Moles dig tunnels.")],
    )
    found = client.vector_stores.search(
        store.id, query="otters cats moles", filters={"type": "eq", "key": "wet", "value": True}
    )
    report["stores"] = {
        "single": [single.status, single.attributes],
        "batch": [batch.status, batch.file_counts.completed],
        "counts": client.vector_stores.retrieve(store.id).file_counts.completed,
        "found": [result.filename for result in found],
        "listed": len(list(client.vector_stores.files.list(store.id, limit=1))),
        "gone": fault(lambda: client.vector_stores.retrieve("vs_none")),
    }
    return store.id


def seen(response) -> dict:
    search, message = response.output
    (part,) = message.content
    return {
        "status": response.status,
        "queries": search.queries,
        "results": [result.filename for result in search.results or []],
        "text": response.output_text,
        "cited": [[mark.filename, mark.index] for mark in part.annotations],
        "tokens": response.usage.total_tokens,
    }


def searches(store: str) -> None:
    ask = {
        "model": "scripted",
        "input": "What do otters do?",
        "tools": [{"type": "file_search", "vector_store_ids": [store], "max_num_results": 1}],
    }
    include = ["file_search_call.results"]
    whole = client.responses.create(**ask, include=include)
    with client.responses.stream(**ask, include=include) as stream:
        types = [event.type for event in stream]
        streamed = stream.get_final_response()

    async def ask_asynchronously():
        async with openai.AsyncOpenAI() as asynchronous:
            async with asynchronous.responses.stream(**ask) as stream:
                return await stream.get_final_response()

    report["searches"] = {
        "whole": seen(whole),
        "streamed": seen(streamed),
        "asynchronously": seen(asyncio.run(ask_asynchronously())),
        "retrieved": seen(client.responses.retrieve(streamed.id, include=include)),
        "hidden": seen(client.responses.retrieve(streamed.id))["results"],
        "events": [type for type in types if "file_search" in type or "annotation" in type],
        "missing": fault(
            lambda: client.responses.create(
                **{**ask, "tools": [{"type": "file_search", "vector_store_ids": ["vs_none"]}]}
            )
        ),
    }


files()
searches(stores())
print(json.dumps(report))
