"""A tool loop with the OpenAI SDK, as its users write it. Prints, as JSON, what came of it, scenario by scenario."""

import json

import openai
from pydantic import BaseModel, Field


class Weather(BaseModel):
    """Tells the weather."""

    city: str = Field(description="Where.")


class Advice(BaseModel):
    umbrella: bool
    cities: list[str]


def weather(call) -> str:
    return f"It rains in {call.parsed_arguments['city']}."


TOOLS = [{"type": "function", **openai.pydantic_function_tool(Weather, name="weather")["function"]}]
QUESTION = {"role": "user", "content": "What is the weather?"}


def streamed(client: openai.OpenAI, **how) -> dict:
    """Streams each turn, carries out the calls that the accumulator has put together, and parses the last answer."""
    history: list = [QUESTION]
    deltas: list[str] = []
    thoughts: list[str] = []
    while True:
        with client.responses.stream(
            model="looking", input=history, tools=TOOLS, text_format=Advice, **how
        ) as stream:
            for event in stream:
                if event.type == "response.output_text.delta":
                    deltas.append(event.delta)
                elif event.type == "response.reasoning_text.delta":
                    thoughts.append(event.delta)
            response = stream.get_final_response()
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            break
        history += response.output
        history += [
            {"type": "function_call_output", "call_id": call.call_id, "output": weather(call)} for call in calls
        ]
    return {
        "said": "".join(deltas) == response.output_text,
        "thought": "".join(thoughts),
        "advice": response.output_parsed.model_dump(),
        "turns": len([item for item in history if not isinstance(item, dict) and item.type == "reasoning"]) + 1,
    }


def whole(client: openai.OpenAI) -> dict:
    """The same without streams, with the history at the gateway."""
    response = client.responses.parse(model="looking", input=[QUESTION], tools=TOOLS, text_format=Advice)
    outputs = [
        {"type": "function_call_output", "call_id": item.call_id, "output": weather(item)}
        for item in response.output
        if item.type == "function_call"
    ]
    again = client.responses.parse(
        model="looking", previous_response_id=response.id, input=outputs, tools=TOOLS, text_format=Advice
    )
    return {"calls": len(outputs), "advice": again.output_parsed.model_dump()}


with openai.OpenAI(max_retries=0) as client:
    print(
        json.dumps(
            {
                "streamed": streamed(client),
                "not stored": streamed(client, store=False, include=["reasoning.encrypted_content"]),
                "whole": whole(client),
            }
        )
    )
