import type { ResponseObject } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import type { SteerEvent } from "./render-frames.ts";
import { Steering, type SteerTarget } from "./steering.ts";

const answered = { status: "completed", output: [] } as unknown as ResponseObject;
const calls = {
  status: "completed",
  output: [
    { type: "function_call", id: "fc_1", status: "completed", call_id: "c", name: "f", arguments: "" },
  ],
} as unknown as ResponseObject;

function open(limits: { maxSteers?: number; maxBytes?: number } = {}) {
  const told: (SteerEvent & { streamId: string | undefined })[] = [];
  const steering = new Steering({
    maxSteers: 4,
    maxBytes: 1_000,
    ...limits,
    tell: (event, streamId) => told.push({ ...event, streamId }),
  });
  const begin = (id: string, more: Partial<SteerTarget> = {}) => {
    const steer = new AbortController();
    steering.begin({
      id,
      streamId: "a",
      settings: { model: "m", store: false },
      unsteerable: undefined,
      steer,
      ...more,
    });
    return steer;
  };
  const say = (previousResponseId: string, input: unknown, bytes = 10) =>
    steering.submit({ type: "response.steer", previousResponseId, input, unknown: [] }, bytes);
  const codes = () =>
    told.map((event) => ("error" in event ? event.error.code : event.type.split(".").at(-1)));
  return { steering, told, begin, say, codes };
}

describe("steering", () => {
  test("tells the engine once input is accepted, and makes a request of it in its order", () => {
    const { steering, begin, say, codes } = open();
    const steer = begin("resp_1");
    expect(steer.signal.aborted).toBe(false);
    say("resp_1", "one");
    expect(steer.signal.aborted).toBe(true);
    say("resp_1", [{ role: "user", content: "two" }]);
    expect(codes()).toEqual(["accepted", "accepted"]);
    expect(steering.end("resp_1", answered)).toMatchObject({
      body: {
        model: "m",
        store: false,
        previous_response_id: "resp_1",
        input: [
          { type: "message", role: "user", content: "one" },
          { type: "message", role: "user", content: "two" },
        ],
      },
      steers: [{ input: "one" }, { input: [{ role: "user", content: "two" }] }],
    });
  });

  test("leaves a response alone to which nothing was said", () => {
    const { steering, begin, codes } = open();
    begin("resp_1");
    expect(steering.end("resp_1", answered)).toBeUndefined();
    expect(steering.end("resp_none", answered)).toBeUndefined();
    expect(codes()).toEqual([]);
  });

  test("says by the state of the response why input is not taken", () => {
    const { steering, begin, say, codes } = open();
    begin("resp_1");
    begin("resp_2");
    begin("resp_3", { unsteerable: "No." });
    steering.end("resp_1", answered);
    steering.end("resp_2", undefined);
    for (const id of ["resp_1", "resp_2", "resp_3", "resp_4"]) say(id, "x");
    expect(codes()).toEqual([
      "response_already_completed",
      "response_not_active",
      "steering_not_supported",
      "response_not_found",
    ]);
  });

  test("takes no more than its room, which what was committed or given back frees", () => {
    const { steering, begin, say, codes } = open({ maxSteers: 2, maxBytes: 100 });
    begin("resp_1");
    say("resp_1", "x", 101);
    say("resp_1", "x", 60);
    say("resp_1", "x", 60);
    say("resp_1", "x", 10);
    say("resp_1", "x", 10);
    const full = "too_many_pending_steers";
    expect(codes()).toEqual([full, "accepted", full, "accepted", full]);
    steering.commit(steering.end("resp_1", answered)?.steers ?? []);
    begin("resp_2");
    say("resp_2", "x", 90);
    expect(codes().at(-1)).toBe("accepted");
    expect(steering.end("resp_2", undefined)).toBeUndefined();
    expect(codes().at(-1)).toBe("successor_creation_failed");
    begin("resp_3");
    say("resp_3", "x", 100);
    expect(codes().at(-1)).toBe("accepted");
  });

  test("waits for the request that brings what is owed, in the same lane, once", () => {
    const { steering, begin, say, told } = open();
    begin("resp_1");
    say("resp_1", "one");
    expect(steering.end("resp_1", calls)).toBeUndefined();
    expect(told.at(-1)).toMatchObject({
      type: "response.steer.pending",
      required_input: [{ type: "function_call_output", call_id: "c", name: "f" }],
      streamId: "a",
    });
    expect(steering.claim("resp_1", undefined)).toEqual([]);
    expect(steering.claim(undefined, "a")).toEqual([]);
    expect(steering.claim("resp_1", "a")).toMatchObject([{ input: "one" }]);
    expect(steering.claim("resp_1", "a")).toEqual([]);
  });

  test("waits on where the request that was to have it could not be made, and counts all the while", () => {
    const { steering, begin, say, codes } = open({ maxSteers: 1 });
    begin("resp_1");
    say("resp_1", "one");
    steering.end("resp_1", calls);
    const claimed = steering.claim("resp_1", "a");
    steering.unclaim("resp_1", "a", claimed);
    begin("resp_2");
    say("resp_2", "two");
    expect(codes()).toEqual(["accepted", "pending", "too_many_pending_steers"]);
    expect(steering.claim("resp_1", "a")).toEqual(claimed);
  });

  test("gives back what still waits when no request can come any more", () => {
    const { steering, begin, say, told } = open();
    begin("resp_1");
    say("resp_1", "one");
    steering.end("resp_1", calls);
    steering.giveUp("The end.");
    expect(told.at(-1)).toMatchObject({
      error: { code: "successor_creation_failed", message: "The end." },
      steer: { id: expect.stringMatching(/^steer_/), previous_response_id: "resp_1", input: "one" },
      streamId: "a",
    });
    const events = told.length;
    steering.giveUp("The end.");
    expect(told).toHaveLength(events);
  });

  test("forgets which responses there were, after many", () => {
    const { steering, begin, say, codes } = open();
    for (let n = 0; n < 70; n++) {
      begin(`resp_${n}`);
      steering.end(`resp_${n}`, answered);
    }
    say("resp_69", "x");
    say("resp_0", "x");
    expect(codes()).toEqual(["response_already_completed", "response_not_found"]);
  });
});
