import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { GuardError, type GuardReason } from "./guard-error.ts";
import type { Resolve } from "./guarded-connect.ts";
import { openWebGuard, type WebGuard, type WebGuardOptions } from "./guarded-fetch.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

function guard(options: WebGuardOptions = {}): WebGuard {
  const opened = openWebGuard(options);
  open.push(() => opened.close());
  return opened;
}

/** A server on loopback, its origin and the requests it saw. */
async function serve(answer: RequestListener, host = "127.0.0.1") {
  const seen: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  server.listen(0, host);
  await once(server, "listening");
  open.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { seen, port, origin: `http://${host.includes(":") ? `[${host}]` : host}:${port}` };
}

/** Names and what they resolve to, call by call; the last answer stays. */
function names(table: Record<string, string[][]>): Resolve {
  return (hostname, _options, callback) => {
    const answers = table[hostname];
    const addresses = answers && (answers.length > 1 ? answers.shift() : answers[0]);
    if (addresses === undefined)
      callback(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), []);
    else
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
  };
}

/** A rule by which one address of this machine stands for the public internet. */
const onlyFirst = (address: string) => address === "127.0.0.1";

async function reasonOf(call: Promise<unknown>): Promise<GuardReason | undefined> {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown !== undefined && !(thrown instanceof GuardError)) throw thrown;
  return thrown?.reason;
}

describe("an address that may not be called", () => {
  test.for([
    "http://127.0.0.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f.1:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0.0.0.0:PORT/",
    "http://[::1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://localhost:PORT/",
    "https://127.0.0.1:PORT/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://[fe80::1]/",
    "http://100.64.0.1/",
  ])("is refused before a connection is made: %s", async (url) => {
    const { seen, port } = await serve((_request, response) => response.end("secret"));
    expect(await reasonOf(guard().fetch(url.replace("PORT", String(port))))).toBe("address");
    expect(seen).toEqual([]);
  });

  test("is refused behind a name that resolves to it", async () => {
    const { seen, port } = await serve((_request, response) => response.end("secret"));
    const resolve = names({
      "inside.example.com": [["127.0.0.1"]],
      "mapped.example.com": [["::ffff:127.0.0.1"]],
      "mixed.example.com": [["10.0.0.1", "::1", "169.254.169.254"]],
    });
    for (const name of ["inside", "mapped", "mixed"]) {
      const call = guard({ resolve }).fetch(`http://${name}.example.com:${port}/`);
      expect(await reasonOf(call), name).toBe("address");
    }
    expect(seen).toEqual([]);
  });

  test("is refused when a name changes to it between two connections", async () => {
    const answer: RequestListener = (_request, response) => {
      response.writeHead(200, { connection: "close" }).end("hello");
    };
    const { port } = await serve(answer);
    const inner = await serve(answer, "127.0.0.2");
    const resolve = names({ "rebind.example.com": [["127.0.0.1"], ["127.0.0.2"]] });
    const guarded = guard({ resolve, allows: onlyFirst });
    const first = await guarded.fetch(`http://rebind.example.com:${port}/`);
    expect(await first.text()).toBe("hello");
    expect(await reasonOf(guarded.fetch(`http://rebind.example.com:${inner.port}/`))).toBe("address");
    expect(inner.seen).toEqual([]);
  });

  test("is left out of several that a name has", async () => {
    const { port } = await serve((_request, response) => response.end("hello"));
    const resolve = names({ "mixed.example.com": [["127.0.0.2", "10.0.0.1", "127.0.0.1"]] });
    const answer = await guard({ resolve, allows: onlyFirst }).fetch(`http://mixed.example.com:${port}/`);
    expect(await answer.text()).toBe("hello");
  });

  test("is connected to as it was looked at: the name is resolved once for a connection", async () => {
    const { port } = await serve((_request, response) => response.end("mine"));
    let asked = 0;
    const resolve: Resolve = (_name, _options, callback) => {
      asked++;
      callback(null, [{ address: asked === 1 ? "127.0.0.1" : "203.0.113.1", family: 4 }]);
    };
    const answer = await guard({ resolve, allowPrivate: true }).fetch(`http://a.example.com:${port}/`);
    expect([await answer.text(), asked]).toEqual(["mine", 1]);
  });

  test("may be called where private networks are allowed", async () => {
    const { origin, port } = await serve((_request, response) => response.end("hello"));
    const guarded = guard({ allowPrivate: true });
    for (const url of [origin, `http://localhost:${port}`])
      expect(await (await guarded.fetch(url)).text()).toBe("hello");
  });

  test("may be an IPv6 address where private networks are allowed", async (context) => {
    const server = await serve((_request, response) => response.end("six"), "::1").catch(() => undefined);
    if (server === undefined) return context.skip("this machine has no IPv6");
    expect(await (await guard({ allowPrivate: true }).fetch(server.origin)).text()).toBe("six");
  });

  test.for(["ftp://example.com/", "file:///etc/passwd", "data:text/plain,x", "gopher://x/", "nonsense", ""])(
    "is one of another kind: %s",
    async (url) => {
      expect(await reasonOf(guard({ allowPrivate: true }).fetch(url))).toBe("url");
    },
  );

  test("is one with user and password, and the error does not repeat them", async () => {
    const call = guard({ allowPrivate: true }).fetch("http://user:hunter2@127.0.0.1/");
    await expect(call).rejects.toMatchObject({
      reason: "url",
      message: expect.not.stringContaining("hunter2"),
    });
  });

  test("and a name that is not known are told apart", async () => {
    const resolve = names({});
    expect(await reasonOf(guard({ resolve }).fetch("http://nowhere.example.com/"))).toBe("unresolved");
    const { origin } = await serve(() => {});
    for (const close of open.splice(0)) await close();
    expect(await reasonOf(guard({ allowPrivate: true }).fetch(origin))).toBe("unreachable");
  });
});

describe("a redirect", () => {
  /** Redirects `/` to what the test says, and tells of everything else. */
  const redirecting = (status: number, location: () => string): RequestListener => {
    return (request, response) => {
      if (request.url === "/") response.writeHead(status, { location: location() }).end();
      else
        response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers }));
    };
  };

  test("is followed, and relative to where it comes from", async () => {
    const { origin } = await serve(redirecting(302, () => "/there?a=1"));
    const answer = await guard({ allowPrivate: true }).fetch(`${origin}/`);
    expect([await answer.json(), answer.url]).toMatchObject([{ url: "/there?a=1" }, `${origin}/there?a=1`]);
  });

  test.for([
    ["an address", (port: number) => `http://127.0.0.2:${port}/`],
    ["a name that resolves to one", (port: number) => `http://inside.example.com:${port}/`],
    ["an address in another form", (port: number) => `http://0x7f000002:${port}/`],
    ["the metadata of a cloud", () => "http://169.254.169.254/latest/meta-data/"],
  ] as const)("to a private address is refused: %s", async ([, place]) => {
    const inner = await serve((_request, response) => response.end("secret"), "127.0.0.2");
    const outer = await serve(redirecting(302, () => place(inner.port)));
    const resolve = names({ "inside.example.com": [["127.0.0.2"]] });
    const call = guard({ resolve, allows: onlyFirst }).fetch(`${outer.origin}/`);
    expect(await reasonOf(call)).toBe("address");
    expect([outer.seen.length, inner.seen.length]).toEqual([1, 0]);
  });

  test.for([
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "http://user:secret@127.0.0.1/",
    "gopher://127.0.0.1/",
  ])("to an address of another kind is refused: %s", async (location) => {
    const { origin, seen } = await serve(redirecting(302, () => location));
    expect(await reasonOf(guard({ allowPrivate: true }).fetch(`${origin}/`))).toBe("url");
    expect(seen).toHaveLength(1);
  });

  test("is given as it is where the caller follows by itself", async () => {
    const { origin, seen } = await serve(redirecting(307, () => "http://169.254.169.254/"));
    const answer = await guard({ allowPrivate: true }).fetch(`${origin}/`, { redirect: "manual" });
    expect([answer.status, answer.headers.get("location"), seen.length]).toEqual([
      307,
      "http://169.254.169.254/",
      1,
    ]);
  });

  test("may be ruled out", async () => {
    const { origin } = await serve(redirecting(302, () => "/there"));
    expect(await reasonOf(guard({ allowPrivate: true }).fetch(`${origin}/`, { redirect: "error" }))).toBe(
      "redirects",
    );
  });

  test("without end is given up", async () => {
    const { origin, seen } = await serve(redirecting(302, () => "/"));
    const call = guard({ allowPrivate: true, maxRedirects: 3 }).fetch(`${origin}/`);
    expect([await reasonOf(call), seen.length]).toEqual(["redirects", 4]);
  });

  test("takes credentials along within the origin, and to no other", async () => {
    const other = await serve(redirecting(302, () => "/"));
    const { origin } = await serve(redirecting(302, () => `${other.origin}/there`));
    const same = await serve(redirecting(302, () => "/there"));
    const headers = { authorization: "Bearer a", cookie: "b=c", "x-api-key": "d", accept: "text/plain" };
    const guarded = guard({ allowPrivate: true });
    const told = async (url: string) => {
      const answer = await guarded.fetch(url, { headers });
      return ((await answer.json()) as { headers: Record<string, string> }).headers;
    };
    expect(await told(`${same.origin}/`)).toMatchObject(headers);
    const away = await told(`${origin}/`);
    expect(away.accept).toBe("text/plain");
    for (const name of ["authorization", "cookie", "x-api-key"]) expect(away).not.toHaveProperty(name);
  });

  test.for([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "PUT", "GET"],
    [303, "HEAD", "HEAD"],
    [307, "POST", "POST"],
    [308, "PUT", "PUT"],
  ] as const)("with %i makes %s a %s", async ([status, method, becomes]) => {
    const { origin, seen } = await serve(redirecting(status, () => "/there"));
    const body = method === "HEAD" ? null : "text";
    await guard({ allowPrivate: true }).fetch(`${origin}/`, { method, body });
    expect(seen.map((request) => request.method)).toEqual([method, becomes]);
    if (becomes === "GET") expect(seen[1]?.headers["content-type"]).toBeUndefined();
  });
});

describe("an answer", () => {
  test("that says it is too long is not read", async () => {
    const { origin } = await serve((_request, response) => response.end("x".repeat(1000)));
    expect(await reasonOf(guard({ allowPrivate: true, maxBytes: 100 }).fetch(origin))).toBe("too_large");
  });

  test("that turns out too long fails while it is read, compressed or not", async () => {
    const { gzipSync } = await import("node:zlib");
    const { origin } = await serve((request, response) => {
      if (request.url === "/gzip") {
        response.writeHead(200, { "content-encoding": "gzip" });
        response.end(gzipSync("x".repeat(1_000_000)));
        return;
      }
      response.write("x".repeat(60));
      response.end("x".repeat(60));
    });
    for (const [path, maxBytes] of [
      ["/", 100],
      ["/gzip", 10_000],
    ] as const) {
      const answer = await guard({ allowPrivate: true, maxBytes }).fetch(origin + path);
      expect(await reasonOf(answer.text()), path).toBe("too_large");
    }
  });

  test("of just the length that is allowed is whole", async () => {
    const { origin } = await serve((_request, response) => response.end("x".repeat(100)));
    expect(await (await guard({ allowPrivate: true, maxBytes: 100 }).fetch(origin)).text()).toHaveLength(100);
  });

  test("that does not begin, or falls silent, is a time-out", async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === "/body") response.write("begun");
    });
    const guarded = guard({ allowPrivate: true, headersTimeout: 50, bodyTimeout: 50 });
    expect(await reasonOf(guarded.fetch(origin))).toBe("timeout");
    const begun = await guarded.fetch(`${origin}/body`);
    expect(await reasonOf(begun.text())).toBe("timeout");
  });

  test("that breaks off is told so", async () => {
    const { origin } = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("begun", () => response.destroy());
    });
    const answer = await guard({ allowPrivate: true }).fetch(origin);
    expect(await reasonOf(answer.text())).toBe("unreachable");
  });

  test("that is aborted rejects with the signal's reason, before and in its body", async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === "/body") response.write("begun");
    });
    const guarded = guard({ allowPrivate: true });
    const reason = new Error("left");
    const before = new AbortController();
    const call = guarded.fetch(origin, { signal: before.signal });
    before.abort(reason);
    await expect(call).rejects.toBe(reason);
    const within = new AbortController();
    const answer = await guarded.fetch(`${origin}/body`, { signal: within.signal });
    const text = answer.text();
    within.abort(reason);
    await expect(text).rejects.toBe(reason);
  });

  test("keeps status, headers and an empty body", async () => {
    const { origin } = await serve((_request, response) => response.writeHead(204, { "x-a": "b" }).end());
    const answer = await guard({ allowPrivate: true }).fetch(origin);
    expect([answer.status, answer.headers.get("x-a"), await answer.text()]).toEqual([204, "b", ""]);
  });
});
