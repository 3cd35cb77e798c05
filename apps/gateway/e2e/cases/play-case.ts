import type { ResponseObject } from "@gateway/protocol";
import { errorAnswer, type RecordedRequest, type ScriptSource } from "@gateway/testkit";
import type { Case, Fields, Story } from "./case.ts";
import type { CaseWorld } from "./case-world.ts";
import { openTeller, type Told } from "./tell.ts";
import type { Way } from "./ways.ts";

/** A turn of a case, as it went through one way. */
export interface PlayedTurn {
  request: Fields | string;
  told: Told;
  /** The calls of the model. */
  calls: RecordedRequest[];
  /** The items that went into a response that is stored, history included. */
  input: unknown;
}

/** The model that a case has at one way; no other has it. */
export function modelOf(example: Case, way: Way): string {
  return `${example.name.replace(/[^a-z0-9]+/gi, "-")}-${way.name}`;
}

/** Plays a case through one way, turn by turn. */
export async function playCase(example: Case, way: Way, world: CaseWorld): Promise<PlayedTurn[]> {
  const model = modelOf(example, way);
  const entrance = example.bare ? world.bare : world.full;
  const url = entrance.url(way.door);
  const responses: ResponseObject[] = [];
  const story: Story = {
    responses,
    things: world.things,
    create: (path, body = {}) => create(`${url}/v1${path}`, body),
  };
  let answers: ScriptSource[] = [];
  let calls: RecordedRequest[] = [];
  world.backend.byModel(model, (call) => {
    calls.push(call);
    const answer = answers.shift();
    if (answer === undefined) return errorAnswer(400, { message: "The case has no answer for this call" });
    return typeof answer === "function" ? answer(call) : answer;
  });

  await using teller = await openTeller(way, url);
  const played: PlayedTurn[] = [];
  for (const { send, model: scripts = [] } of example.turns) {
    answers = [...scripts];
    calls = [];
    const fields = typeof send === "function" ? await send(story) : send;
    const request = typeof fields === "string" ? fields : { model, input: "Go.", ...fields };
    const told = await teller.tell(request);
    if (told.response) responses.push(told.response);
    const kept = told.response?.store === true ? told.response.id : undefined;
    played.push({ request, told, calls, input: kept && (await readInput(url, kept)) });
  }
  return played;
}

async function readInput(url: string, id: string): Promise<unknown> {
  const answer = await fetch(`${url}/v1/responses/${id}/input_items?order=asc&limit=100`);
  if (!answer.ok) throw new Error(`The items of ${id} cannot be read: status ${answer.status}`);
  return answer.json();
}

async function create(url: string, body: object): Promise<string> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const made = (await answer.json()) as { id?: string };
  if (made.id === undefined) throw new Error(`POST ${url} has made nothing: ${JSON.stringify(made)}`);
  return made.id;
}
