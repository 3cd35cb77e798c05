import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CollectedRequest } from "./collect-request.ts";
import { toHeaderValue } from "./header-fields.ts";
import { toRequest } from "./to-request.ts";

const { signal } = new AbortController();

function collected(
  headers: Record<string, string> | undefined,
  rest: Partial<CollectedRequest> = {},
): CollectedRequest {
  return {
    headers: headers && Object.entries(headers).map(([name, value]) => toHeaderValue(name, value)),
    body: [],
    mayStream: true,
    completedBy: "RequestBody",
    completedAt: 0,
    ...rest,
  };
}

const post = { ":method": "POST", ":scheme": "https", ":authority": "api.test:8443", ":path": "/v1/x?a=b" };

describe("a request from Envoy", () => {
  test("gets method and URL from the pseudo headers, and the host beside them", () => {
    const request = toRequest(collected(post), undefined, signal);
    expect(request.method).toBe("POST");
    expect(request.url).toBe("https://api.test:8443/v1/x?a=b");
    expect(Object.fromEntries(request.headers)).toEqual({ host: "api.test:8443" });
  });

  test("keeps the headers of the message and drops those of the connection", () => {
    const headers = {
      ...post,
      "content-type": "application/json",
      authorization: "Bearer k",
      connection: "keep-alive",
      "keep-alive": "5",
      "transfer-encoding": "chunked",
      te: "trailers",
      upgrade: "h2c",
    };
    const request = toRequest(collected(headers), undefined, signal);
    expect([...request.headers.keys()]).toEqual(["authorization", "content-type", "host"]);
  });

  test("joins a header that comes twice", () => {
    const twice = [toHeaderValue("x-a", "1"), toHeaderValue("x-a", "2")];
    const request = toRequest(collected(undefined, { headers: twice }), undefined, signal);
    expect(request.headers.get("x-a")).toBe("1, 2");
  });

  test("reads a header's text when there are no raw bytes", () => {
    const header = { ...toHeaderValue("x-a", ""), value: "text" };
    const request = toRequest(collected(undefined, { headers: [header] }), undefined, signal);
    expect(request.headers.get("x-a")).toBe("text");
  });

  test("has bytes beyond ASCII as the web has them, one character each", () => {
    const header = { ...toHeaderValue("x-a", ""), rawValue: Uint8Array.from([0x63, 0xc3, 0xa9]) };
    const request = toRequest(collected(undefined, { headers: [header] }), undefined, signal);
    expect(request.headers.get("x-a")).toBe("c\u00c3\u00a9");
  });

  test("goes without a header that the web refuses", () => {
    const headers = { ...post, "x-bad": "a\u0000b", "bad name": "1", "x-good": "2" };
    const request = toRequest(collected(headers), undefined, signal);
    expect(Object.fromEntries(request.headers)).toEqual({ host: "api.test:8443", "x-good": "2" });
  });

  test("carries the pieces of the body as one", async () => {
    const body = [Buffer.from("one "), Buffer.from("two")];
    expect(await toRequest(collected(post, { body }), undefined, signal).text()).toBe("one two");
  });

  test.each(["GET", "HEAD"])("has no body when it is a %s", async (method) => {
    const body = [Buffer.from("ignored")];
    const request = toRequest(collected({ ...post, ":method": method }, { body }), undefined, signal);
    expect(request.body).toBeNull();
  });

  test("over the limit has no body and tells its length", () => {
    const missing = { reason: "over_limit", bytes: 99 } as const;
    const declared = toRequest(
      collected({ ...post, "content-length": "70" }, { missing }),
      undefined,
      signal,
    );
    const counted = toRequest(collected(post, { missing }), undefined, signal);
    for (const request of [declared, counted]) {
      expect(request.headers.get("content-length")).toBe("99");
      expect(request.body).toBeNull();
    }
  });

  test("S2-24: without headers is what it is assumed to be", async () => {
    const assumed = { url: "http://gateway/v1/responses", headers: { "content-type": "application/json" } };
    const request = toRequest(collected(undefined, { body: [Buffer.from("{}")] }), assumed, signal);
    expect([request.method, request.url]).toEqual(["POST", "http://gateway/v1/responses"]);
    expect(request.headers.get("content-type")).toBe("application/json");
    expect(await request.text()).toBe("{}");
  });

  test.each([
    ["CONNECT is no web request", { ":method": "CONNECT" }],
    ["an authority that is no host", { ":authority": "not a host" }],
    ["an authority with a password", { ":authority": "user:password@host" }],
  ])("is refused as a TypeError: %s", (_, wrong) => {
    expect(() => toRequest(collected({ ...post, ...wrong }), undefined, signal)).toThrow(TypeError);
  });

  test("is made or refused with a TypeError, whatever the headers are", () => {
    const name = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom(...Object.keys(post), "content-length"),
    );
    const value = fc.uint8Array({ maxLength: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (pairs) => {
        const headers = pairs.map(([key, rawValue]) => ({ ...toHeaderValue(key, ""), rawValue }));
        try {
          toRequest(collected(undefined, { headers, body: [Buffer.from("x")] }), undefined, signal);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
    );
  });

  test("fires its signal when the given one fires", () => {
    const controller = new AbortController();
    const request = toRequest(collected(post), undefined, controller.signal);
    controller.abort();
    expect(request.signal.aborted).toBe(true);
  });
});
