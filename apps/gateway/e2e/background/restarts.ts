import { StreamChecker } from "@gateway/protocol/grammar";
import { waitFor } from "@gateway/testkit";
import { expect } from "vitest";
import { type DoorName, doorNames } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";
import { EventReader } from "./event-reader.ts";
import { FaithfulClient, type Place } from "./faithful-client.ts";
import { addOtters, patient, searchOf } from "./otters.ts";
import { answerTo, type PacedQuestion, paced, toQuestion } from "./paced-model.ts";

/** A gateway that is restarted again and again while clients hold on to it through every door. */
export class Restarts implements AsyncDisposable {
  readonly doors: KnowledgeDoors;
  readonly store: string;
  /** Frames that all clients together have seen. */
  seen = 0;
  #up: Promise<void> = Promise.resolve();

  private constructor(doors: KnowledgeDoors, store: string) {
    this.doors = doors;
    this.store = store;
  }

  static async open(config: Record<string, unknown>, everyMs: number): Promise<Restarts> {
    const doors = await startKnowledge({ ...patient, log: { level: "info", format: "json" }, ...config });
    doors.backend.setDefault(paced(everyMs));
    return new Restarts(doors, await addOtters(doors.client("http")));
  }

  /** The door of the n-th client. */
  place(n: number): Place {
    const door: DoorName = doorNames[n % doorNames.length] ?? "http";
    return {
      up: async () => {
        await this.#up;
        return this.doors.url(door);
      },
    };
  }

  toBody(question: PacedQuestion): object {
    const tools = question.searches ? [searchOf(this.store)] : [];
    return { model: "scripted", input: toQuestion(question), tools };
  }

  ask(n: number, question: PacedQuestion): FaithfulClient {
    return new FaithfulClient(this.place(n), this.toBody(question), () => void this.seen++);
  }

  follow(n: number, id: string): FaithfulClient {
    return new FaithfulClient(this.place(n), id, () => void this.seen++);
  }

  /** Settles when clients have seen so many frames more. */
  async pass(frames: number): Promise<void> {
    const enough = this.seen + frames;
    await waitFor(() => this.seen >= enough, { what: `${frames} more frames`, everyMs: 1 });
  }

  async restart(signal: NodeJS.Signals): Promise<void> {
    this.#up = this.doors.restart({ signal });
    await this.#up;
  }

  /** Ends the gateway and starts it once more. Gives what it says of responses that a former process has left. */
  async leftBehind(): Promise<string[]> {
    await this.restart("SIGTERM");
    return this.doors.gateway.logs().flatMap(({ msg }) => (msg?.includes("former process") ? [msg] : []));
  }

  /** Checks that a response is completed, and its log against the object and against what a client has seen. */
  async check(client: FaithfulClient, question: PacedQuestion): Promise<void> {
    const base = await this.place(0).up();
    const id = await client.accepted;
    const log = await EventReader.replay(base, id);
    const bytes = await log.rest();
    // No gap and no double: the pieces that the client has seen are the log.
    expect(client.bytes).toBe(bytes);
    const checker = new StreamChecker({ restarted: true });
    for (const event of log.events) checker.push(event);
    checker.end();

    const stored = await (await fetch(`${base}/responses/${id}`)).json();
    expect(log.events.at(-1)).toMatchObject({ type: "response.completed", response: stored });
    const message = { type: "message", content: [{ text: answerTo(question) }] };
    const search = { type: "file_search_call", status: "completed", queries: ["otters swim"] };
    expect(stored).toMatchObject({
      status: "completed",
      background: true,
      error: null,
      output: question.searches ? [search, message] : [message],
    });
  }

  [Symbol.asyncDispose]() {
    return this.doors[Symbol.asyncDispose]();
  }
}
