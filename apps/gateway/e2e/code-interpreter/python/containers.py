"""Uses containers and the code interpreter with the OpenAI SDK and prints, as JSON, what came of it."""

import io
import json

import openai

client = openai.OpenAI()
report: dict[str, object] = {}


def containers() -> str:
    container = client.containers.create(name="python", expires_after={"anchor": "last_active_at", "minutes": 5})
    sent = client.containers.files.create(container.id, file=("in.txt", io.BytesIO(b"from python")))
    report["containers"] = {
        "named": [each.id == container.id for each in client.containers.list()],
        "status": client.containers.retrieve(container.id).status,
        "sent": [sent.path, sent.source, sent.bytes],
        "content": client.containers.files.content.retrieve(sent.id, container_id=container.id).text,
    }
    return container.id


def runs(container: str) -> None:
    events: list[str] = []
    with client.responses.stream(
        model="scripted",
        input="hi",
        tools=[{"type": "code_interpreter", "container": container}],
        include=["code_interpreter_call.outputs"],
    ) as stream:
        for event in stream:
            if "code_interpreter" in event.type:
                events.append(event.type.removeprefix("response.code_interpreter_call"))
        response = stream.get_final_response()
    call = response.output[0]
    assert call.type == "code_interpreter_call" and call.outputs
    files = client.containers.files.list(container, order="asc")
    written = files.data[-1]
    report["runs"] = {
        "events": events,
        "call": [call.status, call.container_id == container],
        "logs": [output.logs for output in call.outputs if output.type == "logs"],
        "written": [written.path, written.source],
        "cited": [each.to_dict().get("file_id") == written.id for each in response.output[-1].content[0].annotations],
    }


def removal(container: str) -> None:
    client.containers.delete(container)
    try:
        client.containers.retrieve(container)
    except openai.NotFoundError as error:
        report["removal"] = type(error).__name__


made = containers()
runs(made)
removal(made)
print(json.dumps(report))
