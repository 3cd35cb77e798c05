import { onePixel } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { post } from "../post.ts";
import { acting, shownOutputs, startWeb, type WebDoors } from "./web-doors.ts";

const inline = `data:image/png;base64,${onePixel.toString("base64")}`;

function asking(...content: object[]) {
  return { model: "scripted", input: [{ role: "user", content }] };
}

describe.for(oneDoor)("what a request names by URL, through %s", (door) => {
  let web: WebDoors;
  beforeAll(async () => {
    web = await startWeb();
    web.backend.setDefault(acting([], "I see."));
    Object.assign(web.site.pages, {
      "/moved": { status: 302, headers: { location: "/otter.png" } },
      "/otter.png": { type: "image/png", body: onePixel },
      "/fake.png": { type: "image/png", body: "<html>" },
      "/notes.md": { type: "text/markdown", body: "# Otters\n\nThey swim." },
      "/page": { body: "<title>Page</title><p>Otters <b>swim</b>.</p><script>no()</script>" },
      "/film": { type: "video/mp4", body: "x" },
    });
  });
  afterAll(() => web[Symbol.asyncDispose]());

  const seen = () => web.backend.requests.at(-1)?.body.messages?.at(-1)?.content;

  test("a picture goes to the model's server inline", async () => {
    const image_url = `${web.site.origin}/moved`;
    const answer = await post(
      web.url(door),
      asking({ type: "input_text", text: "What?" }, { type: "input_image", image_url }),
    );
    expect(answer.status).toBe(200);
    expect(seen()).toMatchObject([
      { type: "text", text: "What?" },
      { type: "image_url", image_url: { url: inline } },
    ]);
    const { id } = (await answer.json()) as { id: string };
    const items = await fetch(`${web.url(door)}/v1/responses/${id}/input_items`);
    expect(JSON.stringify(await items.json())).toContain(image_url);
  });

  test.each([
    ["/gone.png", "failed_to_download_image"],
    ["/page", "unsupported_image_media_type"],
    ["/fake.png", "unsupported_image_media_type"],
  ])("a picture that is none is a 422: %s", async (path, code) => {
    const image_url = web.site.origin + path;
    const answer = await post(web.url(door), { ...asking({ type: "input_image", image_url }), stream: true });
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { error: { code, param: "input[0].content[0].image_url", type: "invalid_request_error" } },
    ]);
  });

  test.each([
    ["/notes.md", "File: notes.md\n\n# Otters\n\nThey swim."],
    ["/page", "File: page.html\n\nPage\n\nOtters swim."],
  ])("a file is its text: %s", async (path, text) => {
    const file = { type: "input_file", file_url: web.site.origin + path };
    expect((await post(web.url(door), asking(file))).status).toBe(200);
    expect(seen()).toBe(text);
  });

  test.each([
    ["/gone", "failed_to_download_file"],
    ["/film", "unsupported_file"],
  ])("a file that is none is a 422: %s", async (path, code) => {
    const answer = await post(
      web.url(door),
      asking({ type: "input_file", file_url: web.site.origin + path }),
    );
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { error: { code, param: "input[0].content[0].file_url" } },
    ]);
  });
});

describe.for(oneDoor)("private networks, through %s", (door) => {
  let web: WebDoors;
  beforeAll(async () => {
    web = await startWeb({ allow_private_networks: false });
    web.backend.setDefault(acting([], "I see."));
    Object.assign(web.site.pages, { "/otter.png": { type: "image/png", body: onePixel } });
  });
  afterAll(() => web[Symbol.asyncDispose]());

  test("are not reached by pictures, files or pages", async () => {
    const image_url = `${web.site.origin}/otter.png`;
    const picture = await post(web.url(door), asking({ type: "input_image", image_url }));
    expect([picture.status, await picture.json()]).toMatchObject([
      422,
      { error: { code: "invalid_image_url" } },
    ]);
    const file = await post(web.url(door), asking({ type: "input_file", file_url: "http://[::1]/x.txt" }));
    expect([file.status, await file.json()]).toMatchObject([422, { error: { code: "invalid_file_url" } }]);

    const open = (url: string) => ({ name: "open_page", arguments: { url } });
    const urls = [`${web.site.origin}/otters`, "http://169.254.169.254/latest/", "http://localhost/"];
    web.backend.setDefault(acting(urls.map(open), "No."));
    const answer = await post(web.url(door), {
      model: "scripted",
      input: "x",
      tools: [{ type: "web_search" }],
      include: ["web_search_call.results"],
    });
    const failed = {
      type: "web_search_call",
      status: "failed",
      error: expect.stringContaining("private network"),
    };
    expect(await answer.json()).toMatchObject({
      status: "completed",
      output: [failed, failed, failed, { type: "message" }],
    });
    expect(shownOutputs(web.backend.requests.at(-1))).toHaveLength(3);
    expect(web.site.seen).toEqual([]);
    // The search engine itself is the operator's, and may be anywhere.
    web.backend.setDefault(acting([{ name: "web_search", arguments: { query: "q" } }], "So."));
    await post(web.url(door), { model: "scripted", input: "x", tools: [{ type: "web_search" }] });
    expect(web.engine.queries).toContain("q");
  });
});
