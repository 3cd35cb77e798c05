import { readSse, type SseEvent } from "@gateway/testkit";
import { expect } from "vitest";
import { checkFrames } from "../read-stream.ts";
import type { Fields } from "./case.ts";
import type { Told } from "./tell.ts";

/**
 * Reads a response again, as an object and as a stream: it has to be what was told. One that was streamed has the same
 * events, byte by byte. One that was not to be stored has to be unknown.
 */
export async function checkStored(request: Fields, { response, texts }: Told, url: string): Promise<void> {
  const include = ((request.include ?? []) as string[]).map((name) => `include[]=${name}`).join("&");
  const address = `${url}/v1/responses/${response?.id}?${include}`;
  const stored = await fetch(address);
  if (request.store === false) {
    expect(stored.status).toBe(404);
    return;
  }
  expect(await stored.json()).toEqual(response);
  const frames: SseEvent[] = [];
  for await (const frame of readSse(await fetch(`${address}&stream=true`))) frames.push(frame);
  if (texts !== undefined) expect(frames.slice(0, -1).map(({ data }) => data)).toEqual(texts);
  else expect((await checkFrames(frames)).final).toEqual(response);
}
