import { StreamChecker } from "@gateway/protocol/grammar";
import {
  contentChunk,
  done,
  finishChunk,
  gate,
  hang,
  roleChunk,
  type Script,
  usageChunk,
  waitFor,
} from "@gateway/testkit";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";
import { checkFrames } from "../read-stream.ts";
import { EventReader, replayed } from "./event-reader.ts";
import { patient } from "./otters.ts";

const closing = [finishChunk("stop"), usageChunk({ prompt: 1, completion: 1 }), done()];
const readerKinds = ["steady", "steady", "leaving", "slow", "steady"] as const;

/** A reader among many, and how it reads. */
interface Tail {
  kind: (typeof readerKinds)[number];
  after: number;
  reader: EventReader;
  /** Settles when it has read all it will, or has left. */
  over: Promise<unknown>;
}

describe.for(doorNames)("readers of a response that is being written, through %s", (door) => {
  let doors: KnowledgeDoors;
  let base: string;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startKnowledge(patient);
    base = doors.url(door);
    client = doors.client(door);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  /** Whether a piece of text has come. */
  const saw = ({ frames }: EventReader, piece: string) => frames.some(({ data }) => data.includes(piece));

  /** Opens a reader that reads its own way. Slow ones go on when `resumed` settles. */
  async function join(id: string, n: number, resumed: Promise<unknown>): Promise<Tail> {
    const kind = readerKinds[n % readerKinds.length] ?? "steady";
    const after = [-1, 2, 5][n % 3] ?? -1;
    const reader = await EventReader.replay(base, id, { after });
    const read = {
      steady: () => reader.rest(),
      slow: () => reader.next().then(() => resumed.then(() => reader.rest())),
      leaving: () => reader.until("response.output_text.delta").then(() => reader.leave()),
    };
    return { kind, after, reader, over: read[kind]() };
  }

  describe.for([2, 10, 100])("%i of them", (count) => {
    test.for([{ background: false }, { background: true }])(
      "see the same bytes, whenever they come, and end nothing when they leave (%o)",
      async ({ background }) => {
        const stages = Array.from({ length: 4 }, (_, n) => ({ marker: `end of ${n}.`, hold: gate() }));
        const words = (marker: string) => [
          ...Array.from({ length: 8 }, (_, n) => contentChunk(`word ${n} ${"—".repeat(50 * n)}`)),
          contentChunk(marker),
        ];
        const stepwise = stages.map(({ marker, hold }): Script => [words(marker), hold]);
        doors.backend.setDefault([roleChunk(), stepwise, words("the end."), closing]);
        const asked = doors.backend.requests.length;

        const writer = await EventReader.create(base, { background });
        const written = writer.rest();
        const tails: Tail[] = [];
        for (const [stage, { marker, hold }] of stages.entries()) {
          await hold.reached;
          await waitFor(() => saw(writer, marker), { what: `${marker} in the stream`, everyMs: 2 });
          const mine = Array.from({ length: count }, (_, n) => n).filter((n) => n % stages.length === stage);
          tails.push(...(await Promise.all(mine.map((n) => join(writer.id, n, written)))));
          const present = tails.filter(({ kind }) => kind === "steady");
          await waitFor(() => present.every(({ reader }) => saw(reader, marker)), {
            what: `${marker} at ${present.length} readers`,
          });
          hold.open();
        }
        await written;
        await Promise.all(tails.map(({ over }) => over));

        expect((await checkFrames(writer.frames)).final.status).toBe("completed");
        expect(tails).toHaveLength(count);
        for (const { kind, after, reader } of tails) {
          const whole = writer.bytesAfter(after);
          if (kind === "leaving") expect(whole.startsWith(reader.bytes)).toBe(true);
          else expect(reader.bytes).toBe(whole);
        }
        expect(await replayed(base, writer.id)).toBe(writer.bytes);
        expect(doors.backend.requests.slice(asked)).toMatchObject([{ state: "answered" }]);
      },
    );
  });

  test("a reader that stops reading holds nobody up, and finds everything when it goes on", async () => {
    const piece = "0123456789abcdef".repeat(4096);
    const hold = gate();
    doors.backend.setDefault([
      roleChunk(),
      hold,
      Array.from({ length: 64 }, (_, n) => contentChunk(`${n} ${piece}`)),
      closing,
    ]);
    const { id } = await client.responses.create({ model: "scripted", input: "hi", background: true });
    await hold.reached;
    const open = () => fetch(`${base}/responses/${id}?stream=true`);
    const [idle, busy] = [await open(), await open()];
    hold.open();
    const bytes = withoutPings(await busy.text());
    expect((await client.responses.retrieve(id)).status).toBe("completed");
    // More than what lies between the two ends can hold.
    expect(bytes.length).toBeGreaterThan(20 * 1024 * 1024);
    expect(withoutPings(await idle.text()) === bytes).toBe(true);
  });

  test("when the foreground's client leaves, the response is cancelled and its readers' streams end", async () => {
    doors.backend.setDefault([roleChunk(), contentChunk("Half of"), contentChunk(" it"), hang()]);
    const asked = doors.backend.requests.length;
    const writer = await EventReader.create(base, {});
    while (!saw(writer, " it")) await writer.next();
    const readers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => EventReader.replay(base, writer.id, { after: (n % 4) - 1 })),
    );
    const ended = readers.map((reader) => reader.rest());
    await waitFor(() => readers.every((reader) => saw(reader, " it")), { what: "all readers to be there" });
    writer.leave();
    await Promise.all(ended);
    await doors.backend.requests[asked]?.whenAborted;

    const [first, ...others] = readers;
    if (first === undefined) throw new Error("there are ten");
    const checker = new StreamChecker();
    for (const event of first.events) checker.push(event);
    expect(first.bytes.startsWith(writer.bytes)).toBe(true);
    expect(first.events.at(-1)).toMatchObject({
      type: "response.output_item.done",
      item: { status: "incomplete", content: [{ text: "Half of it" }] },
    });
    for (const [n, reader] of others.entries())
      expect(reader.bytes).toBe(first.bytesAfter(((n + 1) % 4) - 1));
    expect(await client.responses.retrieve(writer.id)).toMatchObject({
      status: "cancelled",
      output: [{ status: "incomplete", content: [{ text: "Half of it" }] }],
    });
    expect(await replayed(base, writer.id)).toBe(first.bytes);
  });

  test("a response is read while it waits in the queue, with signs of life", async () => {
    const hold = gate();
    doors.backend.setDefault([hold, roleChunk(), contentChunk("At last"), closing]);
    const { id } = await client.responses.create({ model: "scripted", input: "hi", background: true });
    const pings = await fetch(`${base}/responses/${id}?stream=true&starting_after=2`);
    const decoder = pings.body?.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    while (seen.split(": ping\n\n").length < 4) seen += (await decoder?.read())?.value ?? "";
    expect(withoutPings(seen)).toBe("");
    await decoder?.cancel();
    const reader = await EventReader.replay(base, id);
    await reader.until("response.in_progress");
    hold.open();
    await reader.rest();
    expect((await checkFrames(reader.frames)).final.status).toBe("completed");
  });
});

/** An event stream without the comments that come whenever it is silent. */
function withoutPings(stream: string): string {
  return stream.replaceAll(": ping\n\n", "");
}
