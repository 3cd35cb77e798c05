"""Counts tokens with the OpenAI SDK as its users do, and prints what came of it as JSON."""

import asyncio
import json

import openai

client = openai.OpenAI(max_retries=0)
ask = {"model": "scripted", "input": "one two three", "instructions": "Be kind"}


async def count_asynchronously() -> int:
    async with openai.AsyncOpenAI(max_retries=0) as other:
        return (await other.responses.input_tokens.count(**ask)).input_tokens


def header() -> str:
    return client.responses.input_tokens.with_raw_response.count(**ask).headers["x-gateway-token-count"]


def refusal() -> list:
    try:
        client.responses.input_tokens.count(model="scripted", previous_response_id="resp_0", input="x")
    except openai.NotFoundError as error:
        return [error.status_code, error.code, error.param]
    return []


counted = client.responses.input_tokens.count(**ask)
truncated = client.responses.create(
    model="scripted",
    truncation="auto",
    input=[{"role": "user", "content": "word " * 29 + "word"}] * 10,
)
print(
    json.dumps(
        {
            "count": [counted.object, counted.input_tokens],
            "asynchronously": asyncio.run(count_asynchronously()),
            "header": header(),
            "refusal": refusal(),
            "truncated": [truncated.status, truncated.truncation, truncated.output_text],
        }
    )
)
