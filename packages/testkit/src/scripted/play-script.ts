import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { ChatChunk, ErrorChunk } from "./chunks.ts";
import type { Step } from "./steps.ts";
import { toChatCompletion } from "./to-chat-completion.ts";

/** What an answer is made for. */
export interface Stage {
  response: ServerResponse;
  /** The caller asked for a stream; otherwise chunks are added up to one `chat.completion` object. */
  stream: boolean;
  /** Filled into every chunk that does not have these fields: id, created, model. */
  envelope: Record<string, unknown>;
  /** Settles when the connection is gone: the script then ends where it is. */
  gone: Promise<"gone">;
  /** Called when the head of the answer goes out. */
  onBegin(): void;
  /** Called just before the script cuts the connection. */
  onCut(): void;
}

/** Plays a script until it ends the answer, cuts the connection, or the connection is gone. */
export async function playScript(steps: readonly Step[], stage: Stage): Promise<void> {
  const { response, stream, envelope } = stage;
  const held: (ChatChunk | ErrorChunk)[] = [];
  let statusGiven = false;
  for (const step of steps) {
    if (response.closed) return;
    switch (step.do) {
      case "status":
        statusGiven = true;
        response.statusCode = step.code;
        for (const [name, value] of Object.entries(step.headers))
          if (value !== undefined) response.setHeader(name, value);
        break;
      case "json":
        return sendJson(stage, step.body);
      case "chunks":
        if (stream) await write(stage, step.chunks.map((chunk) => renderChunk(chunk, envelope)).join(""));
        else held.push(...step.chunks);
        break;
      case "done":
        if (stream) await write(stage, "data: [DONE]\n\n");
        break;
      case "raw":
        await write(stage, step.bytes);
        break;
      case "cut":
        stage.onCut();
        if (step.reset) response.socket?.resetAndDestroy();
        else response.socket?.destroy();
        return;
      case "end":
        return finish(stage, held);
      default:
        if (statusGiven) sendHead(stage);
        await wait(step, stage.gone);
    }
  }
  if (!response.closed) finish(stage, held);
}

async function wait(
  step: Extract<Step, { do: "delay" | "gate" | "hang" }>,
  gone: Promise<"gone">,
): Promise<void> {
  switch (step.do) {
    case "gate":
      step.arrive();
      await Promise.race([step.until, gone]);
      return;
    case "hang":
      await gone;
      return;
    case "delay":
      await Promise.race([pause(step.ms), gone]);
  }
}

/** Ends the answer; a caller that wants no stream gets the chunks that were held back as one object. */
function finish(stage: Stage, held: readonly (ChatChunk | ErrorChunk)[]): void {
  const { response, stream, envelope } = stage;
  const failure = held.find((chunk): chunk is ErrorChunk => "error" in chunk);
  if (stream || held.length === 0) {
    stage.onBegin();
    response.end();
  } else if (failure === undefined) {
    sendJson(stage, { ...envelope, ...toChatCompletion(held as ChatChunk[]) });
  } else {
    // Without a stream an error takes the place of the whole answer, status line included.
    const { code } = failure.error;
    if (!response.headersSent)
      response.statusCode = typeof code === "number" && code >= 400 && code < 600 ? code : 500;
    sendJson(stage, failure);
  }
}

function sendJson({ response, onBegin }: Stage, body: unknown): void {
  const text = JSON.stringify(body);
  if (!response.headersSent) {
    if (!response.hasHeader("content-type")) response.setHeader("content-type", "application/json");
    response.setHeader("content-length", Buffer.byteLength(text));
  }
  onBegin();
  response.end(text);
}

function sendHead({ response, stream, onBegin }: Stage): void {
  if (response.headersSent) return;
  if (!response.hasHeader("content-type")) {
    response.setHeader("content-type", stream ? "text/event-stream" : "application/json");
  }
  onBegin();
  response.flushHeaders();
}

/** Writes and waits until the bytes are with the kernel, so that a cut that follows loses none of them. */
async function write(stage: Stage, bytes: string | Uint8Array): Promise<void> {
  sendHead(stage);
  const { promise: written, resolve } = Promise.withResolvers<void>();
  stage.response.write(bytes, () => resolve());
  await Promise.race([written, stage.gone]);
}

function renderChunk(chunk: ChatChunk | ErrorChunk, envelope: Record<string, unknown>): string {
  const whole = "error" in chunk ? chunk : { ...envelope, object: "chat.completion.chunk", ...chunk };
  return `data: ${JSON.stringify(whole)}\n\n`;
}
