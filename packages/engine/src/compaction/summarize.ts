import { ApiError, badRequest, type CreateRequest, internal, type Usage } from "@gateway/protocol";
import { AnswerLength } from "../answer-length.ts";
import type { ModelBackend, ModelTurn } from "../model-backend.ts";
import type { ModelDelta } from "../model-delta.ts";
import { withoutCitations } from "../tools/citation-marks.ts";
import { toSummaryTurn } from "./compaction-prompt.ts";
import { estimateText } from "./estimate-tokens.ts";

/** A context that is to be summarised. */
export interface SummaryTask {
  request: CreateRequest;
  backend: ModelBackend;
  /** The name the backend knows the model by. */
  model: string;
  /** Summaries of what came before; empty where there are none. */
  earlier: string;
  /** The context, a text for each item; not empty. */
  passages: readonly string[];
  /** Tokens of it, by estimate, that fit into one call. */
  room: number;
  /** Tokens that the summary may have. */
  tokens: number;
  signal: AbortSignal;
  /** Is told what each call has cost, as soon as it is known. */
  onUsage(usage: Usage): void;
  /** Is told of the limits that the server names when it accepts the first call. */
  onLimits?: ModelTurn["onLimits"];
}

/** A summary whose first call the model's server has accepted. Reads it, makes the calls that follow, gives the text. */
export type BegunSummary = () => Promise<string>;

/** Less than this in one call makes no sense, in tokens. */
const leastRoom = 64;
/** Calls that a summary may be reckoned to take: a context that takes more is no context of this model. */
const mostCalls = 64;
/** Calls after which it is given up: the reckoning was good for less. */
const lastCall = 2 * mostCalls;
/**
 * Most characters of notes, for each token that they may have: four times what most languages have, for servers that do
 * not keep to the limit of tokens. What is longer is cut, and the call ended.
 */
const charsPerToken = 16;

/**
 * Begins to have a context summarised by its own model. What does not fit into one call is taken in several, each of
 * which is given the notes of the one before. Where a server says that a call is too long, less is put into each.
 * Rejects with what the server says, as does the {@link BegunSummary}; with a 500 `compaction_failed` where the model
 * writes nothing, and a 400 `context_length_exceeded` where the context is too long by far,
 * which is said before the first call where `room` tells it.
 */
export async function beginSummary(task: SummaryTask): Promise<BegunSummary> {
  const { request, backend, model, tokens, signal } = task;
  let rest = task.passages.join("\n\n");
  let notes = task.earlier;
  let { room } = task;
  let calls = 0;

  /** What fits into a call beside so many tokens of notes. */
  function beside(noted: number): number {
    return Math.max(room - noted, room / 2, leastRoom);
  }

  /** Throws where what is left takes too many calls, if their notes are as long as they may be. */
  function checkCalls(): void {
    const first = beside(estimateText(notes));
    const later = Math.max(0, estimateText(rest) - first) / beside(tokens);
    if (1 + Math.ceil(later) > mostCalls) throw tooLong();
  }

  async function openNext(): Promise<AsyncIterable<ModelDelta[]>> {
    if (++calls > lastCall) throw tooLong();
    for (;;) {
      const [record, after] = cut(rest, beside(estimateText(notes)));
      const turn = toSummaryTurn({ request, model, earlier: notes, record, tokens });
      try {
        const onLimits = calls === 1 ? task.onLimits : undefined;
        const stream = await backend.open({ ...turn, onLimits }, signal);
        rest = after;
        return stream;
      } catch (thrown) {
        const size = Math.min(room, estimateText(record));
        if (!isTooLong(thrown) || size <= leastRoom) throw thrown;
        room = Math.max(leastRoom, Math.floor(size / 2));
        checkCalls();
      }
    }
  }

  checkCalls();
  let next: AsyncIterable<ModelDelta[]> | undefined = await openNext();
  return async () => {
    while (next !== undefined) {
      notes = await readNotes(next, task);
      next = rest === "" ? undefined : await openNext();
    }
    return notes;
  };
}

/** The beginning of a text, as much as comes to so many tokens, and the rest; between lines where there are some. */
function cut(text: string, tokens: number): [string, string] {
  const size = estimateText(text);
  if (size <= tokens) return [text, ""];
  const end = Math.max(1, Math.floor((text.length * tokens) / size));
  const line = text.lastIndexOf("\n", end);
  const at = line > end / 2 ? line : end;
  return [text.slice(0, at).toWellFormed(), text.slice(at).replace(/^\n+/, "").toWellFormed()];
}

async function readNotes(
  stream: AsyncIterable<ModelDelta[]>,
  { tokens, onUsage }: SummaryTask,
): Promise<string> {
  const length = new AnswerLength();
  const longest = tokens * charsPerToken;
  let text = "";
  let finished = false;
  for await (const deltas of stream) {
    length.add(deltas);
    for (const delta of deltas) {
      if (delta.kind === "text") text += delta.text;
      else if (delta.kind === "usage") onUsage(delta.usage);
      else if (delta.kind === "finish") finished = true;
    }
    if (text.length > longest) {
      text = text.slice(0, longest).toWellFormed();
      finished = true;
      break;
    }
  }
  if (!finished) throw internal("The model's summary was cut off.", { code: "upstream_cut" });
  // Notes that the limit has ended are short of their end, and better than none.
  const notes = withoutCitations(text).trim();
  if (notes === "")
    throw internal("The model wrote no summary of the context.", { code: "compaction_failed" });
  return notes;
}

function tooLong(): ApiError {
  return badRequest("The context is too long for this model, even to be compacted.", {
    param: "input",
    code: "context_length_exceeded",
  });
}

function isTooLong(thrown: unknown): boolean {
  return thrown instanceof ApiError && thrown.code === "context_length_exceeded";
}
