"""A conversation of two turns that is kept by the client: the answer's items go back as they came."""

import json
import sys

import openai

given = json.loads(sys.argv[1])
client = openai.OpenAI(max_retries=0)
question = {"role": "user", "content": "What is here?"}
settings = {
    "model": "scripted",
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "tools": [given["shell"]],
}


def turn(items):
    done = []
    with client.responses.stream(input=items, **settings) as stream:
        for event in stream:
            if event.type == "response.output_item.done":
                done.append(event.item.to_dict())
        return done, stream.get_final_response()


done, first = turn([question])
kept = [item.to_dict() for item in first.output]
_, second = turn([question, *done, given["output"]])
print(
    json.dumps(
        {
            "sealed": all(item["encrypted_content"] for item in done if item["type"] == "reasoning"),
            "equal": [item["encrypted_content"] for item in done if item["type"] == "reasoning"]
            == [item["encrypted_content"] for item in kept if item["type"] == "reasoning"],
            "answer": second.output_text,
            "transformations": second.input_transformations,
        }
    )
)
