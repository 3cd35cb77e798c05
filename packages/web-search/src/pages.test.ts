import { ExtractionError, WebError } from "@gateway/engine";
import { ApiError } from "@gateway/protocol";
import { onePixel, startWebSite, type WebSite } from "@gateway/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { openWebFetcher } from "./open-web-fetcher.ts";
import { openWebSearch } from "./open-web-search.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const nobody = new AbortController().signal;

/** One address of this machine stands for the public internet, every other for private networks. */
const guard = { allows: (address: string) => address === "127.0.0.1" };
const privateHost = "127.0.0.2";

async function siteOf(pages: WebSite["pages"], host?: string): Promise<WebSite> {
  const site = await startWebSite(pages, host);
  open.push(() => site.stop());
  return site;
}

/** What the extractor was given. */
const extracted: string[] = [];

function web(timeout = 5_000, maxBytes = 10_000) {
  extracted.length = 0;
  const opened = openWebSearch({
    engine: { provider: "searxng", url: "http://127.0.0.1:9" },
    timeout,
    pages: { timeout, maxBytes, guard },
    extractor: {
      async extract({ filename, open: read }) {
        extracted.push(filename);
        const pieces: Uint8Array[] = [];
        for await (const piece of await read()) pieces.push(piece);
        const text = Buffer.concat(pieces).toString();
        if (text.includes("unreadable")) throw new ExtractionError("invalid_file", "The file has no text.");
        return text.replace(/<[^>]*>/g, " ").trim();
      },
    },
  });
  open.push(() => opened.close());
  return opened;
}

function fetcher(timeout = 5_000, maxBytes = 10_000) {
  const opened = openWebFetcher({ images: "auto", timeout, maxBytes, guard });
  open.push(() => opened.close());
  return opened;
}

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("a page", () => {
  test("is read where it is in the end, with its title", async () => {
    const site = await siteOf({
      "/": { status: 301, headers: { location: "/otters.php" } },
      "/otters.php": { body: "<title>All about\n Otters &amp; co</title><p>They swim.</p>" },
    });
    expect(await web().open(`${site.origin}/`, nobody)).toEqual({
      url: `${site.origin}/otters.php`,
      title: "All about Otters & co",
      text: expect.stringContaining("They swim."),
    });
    expect(extracted).toEqual(["otters.php.html"]);
  });

  test("is read in the encoding that its server says", async () => {
    const site = await siteOf({
      "/": { type: "text/html; charset=iso-8859-1", body: Buffer.from("<title>Käse</title>Grüße", "latin1") },
    });
    expect(await web().open(`${site.origin}/`, nobody)).toMatchObject({ title: "Käse", text: "Käse Grüße" });
  });

  test.each([
    ["PDF", "application/pdf", "/a.pdf", "a.pdf"],
    ["plain text", "text/plain", "/notes.md", "notes.md"],
    ["JSON without an ending", "application/json; charset=utf-8", "/api", "api.json"],
    ["what says nothing of itself", "application/octet-stream", "/x.docx", "x.docx"],
  ])("may be %s", async (_name, type, path, filename) => {
    const site = await siteOf({ [path]: { type, body: "text" } });
    expect(await web().open(site.origin + path, nobody)).toMatchObject({
      text: "text",
      title: path.slice(1),
    });
    expect(extracted).toEqual([filename]);
  });

  test.each<[string, Partial<WebSite["pages"]["/"]>, string, RegExp]>([
    ["that is not there", { status: 404 }, "not_found", /status 404/],
    ["that fails", { status: 500 }, "unavailable", /status 500/],
    ["that is a film", { type: "video/mp4", body: "x" }, "unreadable", /video\/mp4/],
    ["that has no text", { body: "unreadable" }, "unreadable", /no text/],
    ["that is too long", { body: "x".repeat(20_000) }, "unreadable", /longer than 10000 bytes/],
    ["that redirects forever", { status: 302, headers: { location: "/" } }, "unavailable", /redirects/],
    [
      "that redirects to a file",
      { status: 302, headers: { location: "file:///etc/passwd" } },
      "refused",
      /file:/,
    ],
  ])("%s is told as such", async (_name, page, reason, message) => {
    const site = await siteOf({ "/": page as WebSite["pages"]["/"] & object });
    const error = await errorOf(web().open(`${site.origin}/`, nobody));
    expect(error).toBeInstanceOf(WebError);
    expect(error).toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  test("on a private network is not opened, not by a redirect either", async () => {
    const inside = await siteOf({ "/secret": { body: "secret" } }, privateHost);
    const site = await siteOf({
      "/to": { status: 302, headers: { location: `${inside.origin}/secret` } },
      "/to-name": { status: 307, headers: { location: `http://localhost:${inside.port}/secret` } },
    });
    const addresses = [
      `${inside.origin}/secret`,
      `${site.origin}/to`,
      `http://[::1]:${inside.port}/secret`,
      "http://169.254.169.254/latest/meta-data/",
      `http://user:password@127.0.0.1:${inside.port}/`,
      "ftp://127.0.0.1/",
    ];
    for (const address of addresses) {
      const error = await errorOf(web().open(address, nobody));
      expect(error, address).toMatchObject({ reason: "refused" });
    }
    expect(inside.seen).toEqual([]);
  });

  test("that is slow is given up, and that nobody waits for is left", async () => {
    const site = await siteOf({ "/": new Promise(() => {}) });
    const error = await errorOf(web(50).open(`${site.origin}/`, nobody));
    expect(error).toMatchObject({ reason: "unavailable", message: expect.stringContaining("too long") });
    const leaving = new AbortController();
    const call = errorOf(web().open(`${site.origin}/`, leaving.signal));
    await expect.poll(() => site.seen.length).toBe(2);
    leaving.abort(new Error("gone"));
    expect(await call).toMatchObject({ message: "gone" });
  });
});

describe("a picture by URL", () => {
  test("is fetched, through redirects too", async () => {
    const site = await siteOf({
      "/a": { status: 302, headers: { location: "/b.png" } },
      "/b.png": { type: "image/png", body: onePixel },
    });
    expect(Buffer.from(await fetcher().fetchImage(`${site.origin}/a`, nobody))).toEqual(onePixel);
  });

  test.each<[string, WebSite["pages"]["/"], string]>([
    ["that is not there", { status: 404 }, "failed_to_download_image"],
    ["that is a page", { body: "<p>" }, "unsupported_image_media_type"],
    ["that is too large", { type: "image/png", body: Buffer.alloc(20_000) }, "image_file_too_large"],
    ["that is nothing", { type: "image/png", body: "" }, "empty_image_file"],
  ])("%s is a 422 with the API's code", async (_name, page, code) => {
    const site = await siteOf({ "/": page });
    const error = await errorOf(fetcher().fetchImage(`${site.origin}/`, nobody));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, code, param: null });
  });

  test("on a private network is not fetched", async () => {
    const inside = await siteOf({ "/": { type: "image/png", body: onePixel } }, privateHost);
    const site = await siteOf({ "/": { status: 302, headers: { location: inside.origin } } });
    for (const url of [inside.origin, site.origin])
      expect(await errorOf(fetcher().fetchImage(url, nobody))).toMatchObject({
        status: 422,
        code: "invalid_image_url",
        message: expect.stringContaining("tools.allow_private_networks"),
      });
    expect(inside.seen).toEqual([]);
  });

  test("whose server is not there or too slow could not be downloaded", async () => {
    const site = await siteOf({ "/": new Promise(() => {}) });
    expect(await errorOf(fetcher(50).fetchImage(site.origin, nobody))).toMatchObject({
      code: "failed_to_download_image",
    });
    await site.stop();
    expect(await errorOf(fetcher().fetchImage(site.origin, nobody))).toMatchObject({
      code: "failed_to_download_image",
    });
  });
});

describe("a file by URL", () => {
  test.each<[string, string, WebSite["pages"]["/"], string]>([
    ["its address", "/a/otters.md?v=1", { type: "text/markdown", body: "x" }, "otters.md"],
    [
      "its server",
      "/a",
      { type: "text/csv", headers: { "content-disposition": 'attachment; filename="t.csv"' } },
      "t.csv",
    ],
    [
      "its server, in other letters",
      "/a",
      {
        type: "text/plain",
        headers: { "content-disposition": "attachment; filename*=UTF-8''K%C3%A4se.txt" },
      },
      "Käse.txt",
    ],
    [
      "its server, without the way to it",
      "/a",
      {
        type: "text/plain",
        headers: { "content-disposition": 'attachment; filename="../../etc/passwd.txt"' },
      },
      "passwd.txt",
    ],
    ["nothing but its type", "/", { type: "application/pdf" }, "download.pdf"],
  ])("has the name of %s", async (_name, path, page, filename) => {
    const site = await siteOf({ [path.split("?")[0] ?? ""]: page });
    expect(await fetcher().fetchFile(site.origin + path, nobody)).toMatchObject({ filename });
  });

  test.each<[string, WebSite["pages"]["/"], string]>([
    ["that is not there", { status: 404 }, "failed_to_download_file"],
    ["that is a picture", { type: "image/png" }, "unsupported_file"],
    ["that is too large", { body: "x".repeat(20_000) }, "file_too_large"],
  ])("%s is a 422", async (_name, page, code) => {
    const site = await siteOf({ "/": page });
    expect(await errorOf(fetcher().fetchFile(`${site.origin}/`, nobody))).toMatchObject({
      status: 422,
      code,
    });
  });
});
