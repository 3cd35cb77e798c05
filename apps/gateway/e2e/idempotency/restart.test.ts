import { text, waitFor } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { patient } from "../background/otters.ts";
import { answerTo, paced, toQuestion } from "../background/paced-model.ts";
import { doorNames } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";
import { isReplay, postKeyed, readWhole } from "./keyed-post.ts";

const kinds = [
  { stream: false },
  { stream: true },
  { stream: false, store: false },
  { stream: true, store: false },
  { background: true },
] as const;

/** A gateway that goes and comes back. */
class Restarts implements AsyncDisposable {
  readonly doors: KnowledgeDoors;
  #up: Promise<void> = Promise.resolve();

  constructor(doors: KnowledgeDoors) {
    this.doors = doors;
  }

  /** Opens one on a model that says a word every `everyMs` milliseconds. */
  static async open(everyMs: number): Promise<Restarts> {
    const doors = await startKnowledge({ ...patient, background: { concurrency: 20 } });
    doors.backend.setDefault(paced(everyMs));
    return new Restarts(doors);
  }

  /** Base address of the n-th client's door, once the gateway is up. */
  async base(n: number): Promise<string> {
    await this.#up;
    return this.doors.url(doorNames[n % doorNames.length] ?? "http");
  }

  restart(signal: NodeJS.Signals): Promise<void> {
    this.#up = this.doors.restart({ signal });
    return this.#up;
  }

  [Symbol.asyncDispose]() {
    return this.doors[Symbol.asyncDispose]();
  }
}

/** A client that asks the same with the same key, over and over, whatever becomes of the gateway. */
class StubbornClient {
  readonly name: string;
  readonly body: { stream?: boolean; store?: boolean; background?: boolean; input: string };
  /** What it was given, each time to the end. */
  readonly answers: { id: string; whole: unknown; replayed: boolean }[] = [];
  /** How often it was cut off or turned away. */
  breaks = 0;
  readonly #n: number;
  readonly #restarts: Restarts;

  constructor(n: number, restarts: Restarts) {
    this.#n = n;
    this.#restarts = restarts;
    this.name = `c${n}`;
    this.body = { ...kinds[n % kinds.length], input: toQuestion({ name: this.name, words: this.words }) };
  }

  get words(): number {
    return 5 + (this.#n % 7) * 12;
  }

  /** How often the model was asked its question. */
  get calls(): number {
    return this.#restarts.doors.backend.requests.filter(({ text }) => text.includes(`"${this.name}, say `))
      .length;
  }

  /** Asks until it has so many answers. */
  async ask(count: number): Promise<void> {
    while (this.answers.length < count) {
      const base = await this.#restarts.base(this.#n);
      try {
        const response = await postKeyed(base, this.body, {
          key: `key of ${this.name}`.replaceAll(" ", "-"),
        });
        // Envoy says so where the gateway has gone; the key itself is never at fault.
        if (response.status >= 500) throw new Error(`status ${response.status}`);
        expect(response.status).toBe(200);
        this.answers.push({ ...(await this.#read(response)), replayed: isReplay(response) });
      } catch (error) {
        if ((error as Error).name === "AssertionError") throw error;
        this.breaks++;
      }
    }
  }

  async #read(response: Response): Promise<{ id: string; whole: unknown }> {
    const { stream, store, background } = this.body;
    if (stream === true) {
      const { final, bytes } = await readWhole(response);
      // What is not stored is told again in one piece.
      return { id: final.id, whole: store === false ? final : bytes };
    }
    const whole = (await response.json()) as { id: string; status: string };
    if (background !== true) expect(whole.status).toBe("completed");
    return { id: whole.id, whole: background === true ? whole.id : whole };
  }
}

describe("a gateway that is killed again and again", () => {
  const kills = 4;

  test("never gives a key a second answer once it has given one", { timeout: 120_000 }, async () => {
    await using restarts = await Restarts.open(10);
    const clients = Array.from({ length: 30 }, (_, n) => new StubbornClient(n, restarts));
    const answered = () => clients.reduce((sum, { answers }) => sum + answers.length, 0);
    const callsAtFirst = new Map<StubbornClient, number>();
    const asking = clients.map(async (client) => {
      await client.ask(1);
      callsAtFirst.set(client, client.calls);
      await client.ask(2);
    });
    for (let kill = 0; kill < kills; kill++) {
      const enough = answered() + 3 + Math.floor(Math.random() * 10);
      await waitFor(() => answered() >= Math.min(enough, clients.length * 2), {
        ...{ what: `${enough} answers`, everyMs: 1, timeoutMs: 30_000 },
      });
      await restarts.restart("SIGKILL");
    }
    await Promise.all(asking);
    await restarts.restart("SIGTERM");
    await Promise.all(clients.map((client) => client.ask(3)));

    for (const client of clients) {
      const [first, ...others] = client.answers;
      const seen = `client ${client.name}, ${client.breaks} breaks`;
      for (const other of others) {
        expect(other.whole, seen).toEqual(first?.whole);
        expect(other.replayed, seen).toBe(true);
      }
      if (client.body.background === true) continue;
      expect(JSON.stringify(first?.whole), seen).toContain(`${client.name}-${client.words - 1}`);
      expect(client.calls, seen).toBe(callsAtFirst.get(client));
      expect(client.calls, seen).toBeLessThanOrEqual(1 + client.breaks);
    }
    expect(clients.some(({ breaks }) => breaks > 0)).toBe(true);
    // Those in the background are what they have always been: one response each, which goes on.
    const api = restarts.doors.client("http");
    for (const client of clients.filter(({ body }) => body.background === true)) {
      const response = await waitFor(
        async () => {
          const found = await api.responses.retrieve(client.answers[0]?.id ?? "");
          return found.status === "completed" ? found : undefined;
        },
        { what: "a response in the background to be completed" },
      );
      expect(response.output_text).toBe(answerTo(client));
    }
  });
});

describe.for(doorNames)("after a restart, through %s", (door) => {
  test("an answer that was cut by it is made anew, under another id", async () => {
    await using restarts = await Restarts.open(20);
    const n = doorNames.indexOf(door as never);
    const body = { stream: true, input: toQuestion({ name: "cut", words: 40 }) };
    const first = await postKeyed(await restarts.base(n), body, { key: "k1" });
    const cutOff = readWhole(first);
    void cutOff.catch(() => {});
    await restarts.doors.backend.waitForRequest(1);
    await restarts.restart("SIGKILL");
    await expect(cutOff).rejects.toThrow();
    const second = await postKeyed(await restarts.base(n), body, { key: "k1" });
    expect(isReplay(second)).toBe(false);
    const { final, bytes } = await readWhole(second);
    expect(final).toMatchObject({ status: "completed" });
    const third = await postKeyed(await restarts.base(n), body, { key: "k1" });
    expect(isReplay(third)).toBe(true);
    expect((await readWhole(third)).bytes).toBe(bytes);
  });

  test("a key is free again when its time is over", async () => {
    await using doors = await startKnowledge({
      store: { retention: { idempotency_keys: "1s", interval: "50ms" } },
    });
    doors.backend.setDefault(text("fine"));
    const ids = new Set<string>();
    await waitFor(
      async () => {
        const response = await postKeyed(doors.url(door), { store: false }, { key: "k1" });
        ids.add(((await response.json()) as { id: string }).id);
        return ids.size === 2;
      },
      { what: "the key to be free again", everyMs: 50 },
    );
    expect(doors.backend.requests).toHaveLength(2);
    const swept = () => doors.gateway.logs().some(({ idempotency_keys: count }) => count === 1);
    await waitFor(swept, { what: "the sweep to be logged" });
  });
});
