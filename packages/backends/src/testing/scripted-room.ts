import { json, type ScriptedBackend, startScriptedBackend } from "@gateway/testkit";
import { afterEach, beforeEach } from "vitest";
import { type ChatBackend, type ChatBackendOptions, openChatBackend } from "../chat-completions/backend.ts";
import { defaultTimeouts } from "../upstream/timeouts.ts";
import { Upstream } from "../upstream/upstream.ts";

/** A scripted model server, and what the tests of a file open in front of it. */
export interface ScriptedRoom {
  /** The server of the test that runs. */
  readonly server: ScriptedBackend;
  /** A backend named `b` that tries once; `options` say what is otherwise. */
  open(options?: Partial<ChatBackendOptions>): ChatBackend;
  /** Connections to the server, for a backend named `b`. */
  openUpstream(): Upstream;
  /**
   * Makes the server one that lists the model `m` as its owner's (`vllm`, `llamacpp`), and answers these other paths of its
   * root with JSON: `{ "/props": { chat_template: "…" } }`.
   */
  be(owned_by: string, asides?: Readonly<Record<string, unknown>>): void;
}

/** Sets the room up before each test of the file that asks for it, and leaves nothing open after it. */
export function scriptedRoom(): ScriptedRoom {
  let server: ScriptedBackend;
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };

  beforeEach(async () => {
    server = await startScriptedBackend();
  });

  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    await server.stop();
  });

  return {
    get server() {
      return server;
    },
    open: (options = {}) =>
      keep(openChatBackend({ name: "b", url: server.url, retry: { attempts: 1 }, ...options })),
    openUpstream: () => keep(new Upstream({ name: "b", url: server.url, timeouts: defaultTimeouts })),
    be(owned_by, asides = {}) {
      server.setModelsScript(json({ object: "list", data: [{ id: "m", object: "model", owned_by }] }));
      for (const [path, body] of Object.entries(asides)) server.byPath(path, json(body));
    },
  };
}
