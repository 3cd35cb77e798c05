import { waitFor } from "@gateway/testkit";
import { expect } from "vitest";
import type { Expected, Turn } from "./case.ts";
import type { Entrance } from "./case-world.ts";
import { checkStored } from "./check-stored.ts";
import { toExpectedTypes, toSeenTypes } from "./item-events.ts";
import type { PlayedTurn } from "./play-case.ts";
import type { Told } from "./tell.ts";
import { toAsked } from "./to-comparable.ts";
import type { Way } from "./ways.ts";

/** Holds one turn, as it went through one way, to what the table says. */
export async function checkTurn(turn: Turn, played: PlayedTurn, way: Way, entrance: Entrance): Promise<void> {
  const { expect: expected, model = [] } = turn;
  const { told, calls, request } = played;
  checkAnswer(expected, told);
  checkHeaders(played, way);
  expect(calls.map(toAsked)).toMatchObject(expected.asked ?? model.map(() => ({})));
  if (told.events !== undefined) {
    const { output, status } = told.response ?? { output: [], status: "" };
    expect(toSeenTypes(told.events)).toEqual(toExpectedTypes(output, status));
    expect(told.accumulated).toMatchObject({ status, output });
  }
  if (told.response !== undefined && typeof request === "object")
    await checkStored(request, told, entrance.url(way.door));
  await checkIgnored(expected.ignored, played, way, entrance);
}

function checkAnswer(expected: Expected, told: Told): void {
  const { refused, failed, status, output, response } = expected;
  if (refused !== undefined) {
    const { retryAfter, ...error } = refused;
    expect(told.response).toBeUndefined();
    expect(told.error).toMatchObject({ type: "invalid_request_error", ...error });
    expect(told.headers["retry-after"]).toBe(retryAfter);
    return;
  }
  if (failed !== undefined && told.events === undefined) {
    const { status: httpStatus = 500, ...error } = failed;
    expect(told.error).toMatchObject({ status: httpStatus, ...error });
    return;
  }
  expect(told.error).toBeUndefined();
  const { status: _, ...error } = failed ?? {};
  expect(told.response).toMatchObject({
    status: status ?? (failed ? "failed" : "completed"),
    error: failed ? error : null,
    ...(output !== undefined && { output }),
    ...response,
  });
}

/** Every answer over HTTP has these headers. On a WebSocket an error names them, where what it answers was a request. */
function checkHeaders({ request, told }: PlayedTurn, { form }: Way): void {
  if (form === "socket" && (told.error === undefined || typeof request === "string")) return;
  expect(told.headers["x-request-id"]).toMatch(/^[\w-]{16,}$/);
  if (form !== "socket")
    expect(told.headers["content-type"]).toContain(told.events ? "text/event-stream" : "application/json");
}

/**
 * Over HTTP a header names what has no effect, and so does an error on a WebSocket. Of a response on a WebSocket only the
 * log does.
 */
async function checkIgnored(
  ignored: string | undefined,
  { request, told }: PlayedTurn,
  way: Way,
  { gateway }: Entrance,
): Promise<void> {
  if (way.form !== "socket" || told.error !== undefined)
    expect(told.headers["x-gateway-ignored"]).toBe(ignored);
  if (ignored === undefined) return;
  const { model } = request as { model: string };
  const line = await waitFor(
    () => {
      const lines = gateway.logs();
      const begun = lines.findLast((entry) => entry.msg === "processing request" && entry.model === model);
      return lines.find((entry) => entry.request_id === begun?.request_id && entry.ignored !== undefined);
    },
    { what: "the line of the log that names what has no effect" },
  );
  expect(line.ignored).toEqual(ignored.split(", "));
}
