import { inspect } from "node:util";
import { WebError, type WebSearchOptions } from "@gateway/engine";
import {
  type SearchEngine,
  searchKey,
  startSearchEngine,
  startWebServer,
  type WebRequestSeen,
} from "@gateway/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { openWebSearch, type WebSearchSettings } from "./open-web-search.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const nobody = new AbortController().signal;
const options: WebSearchOptions = {
  limit: 5,
  allowedDomains: [],
  blockedDomains: [],
  contextSize: "medium",
};

function search(engine: WebSearchSettings["engine"], timeout = 5_000) {
  const opened = openWebSearch({
    engine,
    timeout,
    pages: { timeout, maxBytes: 1_000_000, guard: {} },
    extractor: {
      extract: async () => {
        throw new Error("no page is read here");
      },
    },
  });
  open.push(() => opened.close());
  return opened;
}

async function engineOf(kind: "searxng" | "brave" | "tavily"): Promise<SearchEngine> {
  const engine = await startSearchEngine(kind);
  open.push(() => engine.stop());
  engine.pages = [
    {
      title: "Otters",
      url: "https://a.example/otters",
      text: "Otters <strong>swim</strong> &amp; play.",
      published: "2026-01-02",
    },
    { title: "Cats", url: "https://b.example/cats", text: "Cats sleep." },
  ];
  return engine;
}

function settings(
  kind: "searxng" | "brave" | "tavily",
  url: string,
  key = searchKey,
): WebSearchSettings["engine"] {
  return kind === "searxng" ? { provider: kind, url } : { provider: kind, url, key };
}

async function errorOf(call: Promise<unknown>): Promise<WebError> {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof WebError)) throw new Error("no WebError", { cause: thrown });
  return thrown;
}

describe.each(["searxng", "brave", "tavily"] as const)("%s", (kind) => {
  test("is asked, and what it says is read as plain text", async () => {
    const engine = await engineOf(kind);
    const found = await search(settings(kind, engine.origin)).search("what do otters do?", options, nobody);
    expect(found).toEqual([
      {
        title: "Otters",
        url: "https://a.example/otters",
        snippet: "Otters swim & play.",
        publishedAt: "2026-01-02",
      },
      { title: "Cats", url: "https://b.example/cats", snippet: "Cats sleep." },
    ]);
    expect(engine.queries).toEqual(["what do otters do?"]);
  });

  test("is told of domains and of where the user is, as it knows to be told", async () => {
    const engine = await engineOf(kind);
    await search(settings(kind, engine.origin)).search(
      "q",
      {
        ...options,
        limit: 40,
        allowedDomains: ["a.example", "b.example"],
        blockedDomains: ["c.example"],
        userLocation: { country: "de", city: "Köln", region: "NRW", timezone: "Europe/Berlin" },
        contextSize: "high",
      },
      nobody,
    );
    const [request] = engine.seen;
    if (kind === "tavily") {
      expect(JSON.parse(request?.body ?? "")).toMatchObject({
        query: "q",
        max_results: 20,
        include_domains: ["a.example", "b.example"],
        exclude_domains: ["c.example"],
        country: "germany",
        search_depth: "advanced",
      });
      return;
    }
    expect(engine.queries).toEqual(["q (site:a.example OR site:b.example) -site:c.example"]);
    if (kind !== "brave") return;
    expect(Object.fromEntries(request?.url.searchParams ?? [])).toMatchObject({
      count: "20",
      country: "DE",
      extra_snippets: "true",
    });
    // Headers hold ASCII alone.
    expect(request?.headers).toMatchObject({ "x-loc-state-name": "NRW", "x-loc-timezone": "Europe/Berlin" });
    expect(request?.headers).not.toHaveProperty("x-loc-city");
  });

  test.each([
    [429, "limited"],
    [403, "misconfigured"],
    [400, "unavailable"],
    [500, "unavailable"],
  ] as const)(
    "that answers with %i is %s, and says so without its address or key",
    async (status, reason) => {
      const engine = await engineOf(kind);
      engine.fails = status;
      const error = await errorOf(search(settings(kind, engine.origin)).search("q", options, nobody));
      expect(error.reason).toBe(reason);
      expect(error.message).toMatch(/^The search engine/);
      expect(error.message).not.toContain("127.0.0.1");
      expect(String(error.cause)).toContain(`status ${status}`);
    },
  );

  test("that is silent is given up, and that nobody waits for is left", async () => {
    const engine = await engineOf(kind);
    engine.gate = new Promise(() => {});
    const error = await errorOf(search(settings(kind, engine.origin), 50).search("q", options, nobody));
    expect(error.reason).toBe("unavailable");
    expect(error.message).toContain("too long");
    const leaving = new AbortController();
    const call = search(settings(kind, engine.origin)).search("q", options, leaving.signal);
    await expect.poll(() => engine.queries.length).toBe(2);
    leaving.abort(new Error("gone"));
    await expect(call).rejects.toThrow("gone");
  });

  test("that is not there is unavailable", async () => {
    const engine = await engineOf(kind);
    await engine.stop();
    const error = await errorOf(search(settings(kind, engine.origin)).search("q", options, nobody));
    expect(error.reason).toBe("unavailable");
  });
});

test.each(["brave", "tavily"] as const)(
  "a key that %s does not know is for the operator to mend",
  async (kind) => {
    const engine = await engineOf(kind);
    const error = await errorOf(
      search(settings(kind, engine.origin, "wrong-key-9")).search("q", options, nobody),
    );
    expect(error.reason).toBe("misconfigured");
    expect(String(error.cause)).toContain("tools.web_search.key");
    expect(`${error.message} ${String(error.cause)} ${error.stack}`).not.toContain("wrong-key-9");
  },
);

test("a key that an answer quotes is not passed on", async () => {
  const server = await startWebServer(({ headers }, response) => {
    response.writeHead(400).end(`bad: ${headers.authorization}`);
  });
  open.push(() => server.stop());
  const error = await errorOf(
    search({ provider: "tavily", url: server.origin, key: "hunter2-key" }).search("q", options, nobody),
  );
  expect(String(error.cause)).toContain("[removed]");
  expect(inspect(error, { depth: 20 })).not.toContain("hunter2");
});

test.each<[string, (sent: WebRequestSeen) => [status: number, body: string]]>([
  ["as it is", ({ headers }) => [403, `no access for ${headers["x-team"]}, ${headers["x-key"]}`]],
  ["in JSON", ({ headers }) => [401, JSON.stringify({ headers })]],
  ["in JSON, with slashes", ({ headers }) => [401, JSON.stringify({ headers }).replaceAll("/", "\\/")]],
  ["in an address", ({ url }) => [500, `no such page: ${url.href}`]],
  ["in an address, in small letters", ({ url }) => [500, url.search.toLowerCase()]],
  ["of the body", ({ body }) => [400, body]],
  ["in what should be JSON", ({ headers }) => [200, `${headers["x-key"]}`]],
])("whatever is sent that may be secret, and quoted %s, is not passed on", async (_way, answer) => {
  const server = await startWebServer((request, response) => {
    const [status, body] = answer(request);
    response.writeHead(status).end(body);
  });
  open.push(() => server.stop());
  const engine = search({
    provider: "http",
    url: `${server.origin}/?token=hunter2/in+the%20url&q={query}`,
    method: "POST",
    headers: { "x-team": "hunter2-team", "x-key": "Token {key}" },
    body: '{"token": "hunter2-in-the-body", "q": "{query}"}',
    key: 'hunter2/"key"',
    paths: { results: "data", title: "title", url: "url", snippet: "text" },
  });
  const error = await errorOf(engine.search("q", options, nobody));
  expect(String(error.cause)).toContain("[removed]");
  expect(inspect(error, { depth: 20 })).not.toContain("hunter2");
});

test.each(["brave", "tavily", "searxng", "http"] as const)(
  "a key that %s cannot be sent is not passed on",
  async (provider) => {
    const engine = search({
      ...{ provider, url: "http://127.0.0.1:9", key: "hunter2\nhunter3" },
      ...{ method: "GET", headers: {}, paths: { results: "r", title: "t", url: "u", snippet: "s" } },
    } as WebSearchSettings["engine"]);
    const thrown = await engine.search("q", options, nobody).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(WebError);
    expect(inspect(thrown, { depth: 20 })).not.toMatch(/hunter/);
  },
);

test("a server that redirects, or answers with a page, is not set up right", async () => {
  const server = await startWebServer(({ url }, response) => {
    if (url.pathname.startsWith("/moved")) response.writeHead(302, { location: "/search" }).end();
    else response.writeHead(200, { "content-type": "text/html" }).end("<html>");
  });
  open.push(() => server.stop());
  const moved = await errorOf(
    search({ provider: "searxng", url: `${server.origin}/moved` }).search("q", options, nobody),
  );
  expect([moved.reason, String(moved.cause)]).toEqual([
    "misconfigured",
    expect.stringContaining("not the final address"),
  ]);
  const page = await errorOf(
    search({ provider: "searxng", url: server.origin }).search("q", options, nobody),
  );
  expect(String(page.cause)).toContain("search.formats");
});

test("answers of an odd form give what is in them", async () => {
  const answers = [
    null,
    [],
    { results: "x" },
    { results: [null, 1, { url: 5 }, { url: "https://a.example/" }] },
  ];
  const server = await startWebServer((_request, response) => {
    response.end(JSON.stringify(answers.shift()));
  });
  open.push(() => server.stop());
  const engine = search({ provider: "searxng", url: server.origin });
  for (const expected of [
    [],
    [],
    [],
    [{ title: "https://a.example/", url: "https://a.example/", snippet: "" }],
  ])
    expect(await engine.search("q", options, nobody)).toEqual(expected);
});

describe("an engine with an API of its own", () => {
  const answer = {
    data: [{ items: [{ name: "Otters", link: { href: "https://a.example/" }, text: "They swim." }] }],
  };
  const paths = { results: "data[0].items", title: "name", url: "$.link.href", snippet: "text" };

  async function serve() {
    const server = await startWebServer((_request, response) => {
      response.end(JSON.stringify(answer));
    });
    open.push(() => server.stop());
    return server;
  }

  test("is asked by the template of its address and headers", async () => {
    const server = await serve();
    const engine = search({
      provider: "http",
      url: `${server.origin}/find?q={query}&n={limit}&in={country}&only={allowed_domains}&k={nothing}`,
      method: "GET",
      headers: { "x-key": "{key}" },
      key: "k-1",
      paths,
    });
    const found = await engine.search(
      'otters & "cats"',
      { ...options, allowedDomains: ["a.example"], userLocation: { country: "DE" } },
      nobody,
    );
    expect(found).toEqual([{ title: "Otters", url: "https://a.example/", snippet: "They swim." }]);
    const [request] = server.seen;
    expect(Object.fromEntries(request?.url.searchParams ?? [])).toEqual({
      q: 'otters & "cats"',
      n: "5",
      in: "DE",
      only: "a.example",
      k: "{nothing}",
    });
    expect(request?.headers).toMatchObject({ "x-key": "k-1" });
    expect(request?.headers).not.toHaveProperty("authorization");
  });

  test("is asked by the template of its body, which stays JSON whatever the query is", async () => {
    const server = await serve();
    const engine = search({
      provider: "http",
      url: server.origin,
      method: "POST",
      headers: {},
      body: '{"q": "{query}", "n": {limit}}',
      key: "k-2",
      paths,
    });
    await engine.search('say "hi" \\ {key}', options, nobody);
    const [request] = server.seen;
    expect(JSON.parse(request?.body ?? "")).toEqual({ q: 'say "hi" \\ {key}', n: 5 });
    expect(request?.headers).toMatchObject({ authorization: "Bearer k-2" });
  });
});
