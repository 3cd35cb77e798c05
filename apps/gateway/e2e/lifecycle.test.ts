import { createHash } from "node:crypto";
import {
  contentChunk,
  done,
  finishChunk,
  gate,
  hang,
  readSse,
  roleChunk,
  startGateway,
  startScriptedBackend,
  tempDir,
  text,
  waitFor,
} from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { doorNames, startDoors } from "./doors.ts";
import { post } from "./post.ts";

const ask = { model: "scripted", input: "hi" };

describe.for(doorNames)("a client that leaves, through %s", (door) => {
  test("stops the backend at once and leaves a cancelled response with its items closed", async () => {
    await using doors = await startDoors();
    doors.backend.setDefault([roleChunk(), contentChunk("Hel"), hang()]);
    const controller = new AbortController();
    const response = await post(doors.url(door), { ...ask, stream: true }, { signal: controller.signal });
    let id = "";
    for await (const frame of readSse(response)) {
      if (frame.event === "response.created") id = JSON.parse(frame.data).response.id;
      if (frame.event === "response.output_text.delta") break;
    }
    controller.abort();
    const asked = await doors.backend.waitForRequest(1);
    await asked.whenAborted;
    const stored = await waitFor(
      async () => {
        const body = await answerOf(fetch(`${doors.url(door)}/v1/responses/${id}`));
        return body.status === "in_progress" ? undefined : body;
      },
      { what: "the response to leave in_progress" },
    );
    expect(stored).toMatchObject({
      status: "cancelled",
      output: [{ status: "incomplete", content: [{ text: "Hel" }] }],
    });
  });

  test("stops the backend before its status line, too", async () => {
    await using doors = await startDoors();
    doors.backend.setDefault([hang()]);
    const controller = new AbortController();
    const sent = post(doors.url(door), { ...ask, stream: true }, { signal: controller.signal }).catch(
      (error: Error) => error.name,
    );
    const asked = await doors.backend.waitForRequest(1);
    controller.abort();
    await asked.whenAborted;
    expect(await sent).toBe("AbortError");
  });

  test("stops the backend of an answer that is not streamed", async () => {
    await using doors = await startDoors();
    doors.backend.setDefault([roleChunk(), contentChunk("Hel"), hang()]);
    const controller = new AbortController();
    const sent = post(doors.url(door), ask, { signal: controller.signal }).catch(
      (error: Error) => error.name,
    );
    const asked = await doors.backend.waitForRequest(1);
    controller.abort();
    await asked.whenAborted;
    expect(await sent).toBe("AbortError");
  });

  test("is not seen in an answer that ended well", async () => {
    await using doors = await startDoors();
    doors.backend.setDefault(text("fine"));
    for (let n = 0; n < 20; n++) {
      const response = await post(doors.url(door), { ...ask, stream: true });
      await response.text();
    }
    for (const request of doors.backend.requests) {
      await request.whenEnded;
      expect(request.aborted).toBe(false);
    }
    const lines = await doors.gateway.settledLogs();
    expect(lines.filter(({ response_status }) => response_status === "cancelled")).toEqual([]);
  });
});

describe("the process", () => {
  test("ends cleanly on SIGTERM, after the running stream has ended", async () => {
    await using backend = await startScriptedBackend();
    const rest = gate();
    backend.setDefault([
      roleChunk(),
      contentChunk("one"),
      rest,
      contentChunk(" two"),
      finishChunk("stop"),
      done(),
    ]);
    const gateway = await startGateway({ config: { backends: { scripted: { url: backend.url } } } });
    const response = await post(gateway.http, { ...ask, stream: true });
    const types: string[] = [];
    for await (const frame of readSse(response)) {
      types.push(frame.event ?? frame.data);
      if (frame.event === "response.output_text.delta" && types.length < 6) {
        gateway.kill("SIGTERM");
        await waitFor(async () => !(await reachable(gateway.http)), {
          what: "the listener to stop accepting",
        });
        rest.open();
      }
    }
    expect(types.at(-2)).toBe("response.completed");
    expect(await gateway.exited).toMatchObject({ code: 0 });
  });

  test("finds what a killed one acknowledged, and marks what it left running", async () => {
    using dir = tempDir("gateway-killed-");
    await using backend = await startScriptedBackend();
    const config = {
      backends: { scripted: { url: backend.url } },
      store: { path: `${dir.path}/gateway.db` },
    };
    const first = await startGateway({ config });
    backend.enqueue(text("kept"));
    const kept = await answerOf(post(first.http, ask));
    backend.enqueue(roleChunk(), contentChunk("half"), hang());
    const running = await post(first.http, { ...ask, stream: true });
    let id = "";
    for await (const frame of readSse(running)) {
      if (frame.event === "response.created") id = JSON.parse(frame.data).response.id;
      if (frame.event !== "response.output_text.delta") continue;
      // Read back first: begun is begun only when the store says so.
      await fetch(`${first.http}/v1/responses/${id}`).then((stored) => stored.json());
      break;
    }
    const second = await (async () => {
      first.kill("SIGKILL");
      await first.exited;
      return startGateway({ config });
    })();
    try {
      expect(await answerOf(fetch(`${second.http}/v1/responses/${kept.id}`))).toEqual(kept);
      const left = await answerOf(fetch(`${second.http}/v1/responses/${id}`));
      expect(["failed", "cancelled"]).toContain(left.status);
    } finally {
      await second.stop();
    }
  });

  test("refuses a database that another one holds, with a line that says so", async () => {
    using dir = tempDir("gateway-shared-");
    const config = { store: { path: `${dir.path}/gateway.db` } };
    await using first = await startGateway({ config });
    await expect(startGateway({ config })).rejects.toThrow(/gateway\.db/);
    expect((await fetch(`${first.http}/health`)).status).toBe(200);
  });

  test("answers from nothing at all with the demo model, and says that it is one", async () => {
    await using gateway = await startGateway({ env: { OLLAMA_HOST: "127.0.0.1:1" } });
    const models = await answerOf(fetch(`${gateway.http}/v1/models`));
    expect(models.data).toMatchObject([{ id: "demo" }]);
    const answer = await answerOf(post(gateway.http, { model: "demo", input: "hi" }));
    expect(answer.output?.[0]?.content?.[0]?.text).toMatch(/demo/i);
    const other = await post(gateway.http, { model: "llama3.2", input: "hi" });
    expect([other.status, (await answerOf(other)).error]).toMatchObject([
      404,
      { code: "model_not_found", message: expect.stringMatching(/127\.0\.0\.1:1/) },
    ]);
    expect(JSON.stringify(await gateway.settledLogs())).toMatch(/demo/);
  });
});

describe.for(doorNames)("keys and tenants, through %s", (door) => {
  const hash = (key: string) => `sha256:${createHash("sha256").update(key).digest("hex")}`;

  test("a key sees its own tenant and nothing else", async () => {
    await using doors = await startDoors({
      auth: {
        keys: [
          { id: "alice", hash: hash("sk-alice"), tenant: "acme" },
          { id: "bob", hash: hash("sk-bob"), tenant: "beta" },
          { id: "amy", hash: hash("sk-amy"), tenant: "acme" },
        ],
      },
    });
    doors.backend.setDefault(text("fine"));
    const as = (key: string, path: string, body?: object) =>
      fetch(doors.url(door) + path, {
        ...(body && { method: "POST", body: JSON.stringify(body) }),
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      });
    for (const key of ["", "sk-wrong"]) {
      const refused = await as(key, "/v1/responses", ask);
      expect([refused.status, (await answerOf(refused)).error?.code]).toEqual([401, "invalid_api_key"]);
    }
    expect(doors.backend.requests).toHaveLength(0);
    const mine = await answerOf(as("sk-alice", "/v1/responses", ask));
    expect((await as("sk-amy", `/v1/responses/${mine.id}`)).status).toBe(200);
    expect((await as("sk-bob", `/v1/responses/${mine.id}`)).status).toBe(404);
    expect((await as("sk-bob", "/v1/responses", { ...ask, previous_response_id: mine.id })).status).toBe(404);
    expect((await fetch(`${doors.url(door)}/health`)).status).toBe(200);
    expect(JSON.stringify(await doors.gateway.settledLogs())).not.toMatch(/sk-alice|sk-bob|sk-wrong/);
  });
});

/** The parts of an answer that these tests look at. */
interface Answer {
  id?: string;
  status?: string;
  error?: { code: string; message: string } | null;
  output?: { content?: { text: string }[] }[];
  data?: { id: string }[];
}

async function answerOf(response: Response | Promise<Response>): Promise<Answer> {
  return (await (await response).json()) as Answer;
}

async function reachable(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/health/live`);
    return true;
  } catch {
    return false;
  }
}
