import { describe, expect, test } from "vitest";
import { WaitingRoom } from "./waiting-room.ts";

describe("a waiting room", () => {
  test("turns away who is too much of one key, and only of that", async () => {
    const room = new WaitingRoom(2);
    const answer = Promise.withResolvers<string>();
    const waiting = [1, 2].map(() => room.wait("a", () => answer.promise));
    await expect(room.wait("a", async () => "no")).rejects.toMatchObject({
      status: 429,
      type: "rate_limit_error",
      code: "too_many_waiting_requests",
      retryAfter: 1,
    });
    expect(await room.wait("b", async () => "yes")).toBe("yes");
    answer.resolve("answer");
    expect(await Promise.all(waiting)).toEqual(["answer", "answer"]);
    expect(await room.wait("a", async () => "yes")).toBe("yes");
  });

  test("has room again after one that failed", async () => {
    const room = new WaitingRoom(1);
    const fail = () => room.wait("a", () => Promise.reject(new Error("left")));
    await expect(fail()).rejects.toThrow("left");
    await expect(fail()).rejects.toThrow("left");
  });
});
