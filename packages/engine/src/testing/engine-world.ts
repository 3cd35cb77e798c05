import {
  type ApiError,
  parseCreateRequest,
  type ResponseEvent,
  type ResponseObject,
  type Service,
  type Usage,
} from "@gateway/protocol";
import { StreamChecker } from "@gateway/protocol/grammar";
import { ConversationLocks } from "../conversation-locks.ts";
import type { EngineDeps } from "../engine-deps.ts";
import type { McpUse } from "../mcp/mcp-client.ts";
import type { ModelDelta } from "../model-delta.ts";
import { respond } from "../respond.ts";
import { RunningResponses } from "../running-responses.ts";
import type { Sealer } from "../sealer.ts";
import { FakeKnowledge } from "./fake-knowledge.ts";
import { FakeMcp } from "./fake-mcp.ts";
import type { FakeImages, FakeWeb } from "./fake-web.ts";
import { MemoryConversations, MemoryResponses } from "./memory-stores.ts";
import { type Script, ScriptedModel } from "./scripted-model.ts";

/** The milliseconds at which every response of a test begins and ends. */
export const clock = 1_700_000_000_900;

/** The engine with everything around it in memory. */
export class EngineWorld {
  readonly conversations = new MemoryConversations();
  readonly responses = new MemoryResponses(this.conversations);
  readonly locks = new ConversationLocks();
  readonly running = new RunningResponses();
  /** Stores, files and prompts that requests may name. */
  readonly knowledge = new FakeKnowledge();
  /** Servers that requests may name. */
  readonly mcp = new FakeMcp();
  /** Is there where a test sets it. */
  web: FakeWeb | undefined;
  images: FakeImages | undefined;
  fetcher: EngineDeps["fetcher"];
  /** How MCP servers were asked. */
  readonly uses: McpUse[] = [];
  readonly abort = new AbortController();
  /** What the log was told. */
  readonly faults: string[] = [];
  model: ScriptedModel;
  tenant = "acme";

  constructor(...scripts: Script[]) {
    this.model = new ScriptedModel(...scripts);
  }

  /** Starts a response to a request with these fields; nothing happens before the first `next()`. */
  respond(fields: Record<string, unknown> = {}): AsyncGenerator<ResponseEvent[], void, undefined> {
    const services = new Set<Service>([
      ...(this.web ? ["web_search" as const] : []),
      ...(this.images ? ["image_generation" as const] : []),
    ]);
    const { request } = parseCreateRequest({ model: "m", input: "hi", ...fields }, false, services);
    const scope = {
      tenant: this.tenant,
      abort: this.abort,
      onFailure: (error: ApiError) => void this.faults.push(error.message),
      onFault: (message: string) => void this.faults.push(message),
      onMcpUse: (use: McpUse) => void this.uses.push(use),
    };
    return respond(request, scope, this.deps());
  }

  /** The world as the engine sees it. */
  deps(): EngineDeps {
    const { responses, conversations, model: catalog } = this;
    return {
      catalog,
      responses,
      conversations,
      locks: this.locks,
      running: this.running,
      files: this.knowledge.files,
      knowledge: this.knowledge,
      prompts: this.knowledge.prompts,
      mcp: this.mcp,
      connectors: this.mcp.connectors,
      web: this.web,
      images: this.images,
      fetcher: this.fetcher,
      sealer: plainSealer,
      now: () => clock,
    };
  }

  /** Runs a response to its end, checks its stream, and gives the terminal event's object. */
  async run(fields: Record<string, unknown> = {}): Promise<ResponseObject> {
    const events = await drain(this.respond(fields));
    const last = events.at(-1);
    if (last === undefined || !("response" in last)) throw new Error("the stream has no terminal event");
    return last.response;
  }

  /** The stored response, of which there must be one. */
  stored(): ResponseObject {
    const [only, ...more] = this.responses.all();
    if (only === undefined || more.length > 0)
      throw new Error(`${more.length + (only ? 1 : 0)} responses are stored`);
    return only;
  }
}

/** A sealer whose texts can be read, for tests. */
export const plainSealer: Sealer = {
  seal: (text, context) => JSON.stringify([context, text]),
  open(sealed, context) {
    try {
      const [belongsTo, text] = JSON.parse(sealed) as string[];
      return belongsTo === context && text !== undefined ? { text } : { fault: "damaged" };
    } catch {
      return { fault: "another_key" };
    }
  },
};

/** Reads a stream to its end. Every event is checked as it comes. */
export async function drain(batches: AsyncIterable<ResponseEvent[]>): Promise<ResponseEvent[]> {
  const checker = new StreamChecker();
  const events: ResponseEvent[] = [];
  for await (const batch of batches) {
    for (const event of batch) checker.push(event);
    events.push(...structuredClone(batch));
  }
  checker.end();
  return events;
}

/** A count of tokens. */
export function tokens(input: number, output: number): Usage {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 1, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 2 },
    total_tokens: input + output,
  };
}

/** Deltas in short. */
export const say = {
  text: (text: string): ModelDelta => ({ kind: "text", text }),
  reasoning: (text: string): ModelDelta => ({ kind: "reasoning", text }),
  refusal: (text: string): ModelDelta => ({ kind: "refusal", text }),
  call: (key: number, name: string): ModelDelta => ({ kind: "call", key, callId: `call_${key}`, name }),
  args: (key: number, text: string): ModelDelta => ({ kind: "arguments", key, text }),
  usage: (input: number, output: number): ModelDelta => ({ kind: "usage", usage: tokens(input, output) }),
  stop: { kind: "finish", reason: "stop" } as ModelDelta,
  toolCalls: { kind: "finish", reason: "tool_calls" } as ModelDelta,
  length: { kind: "finish", reason: "length" } as ModelDelta,
  filtered: { kind: "finish", reason: "content_filter" } as ModelDelta,
};
