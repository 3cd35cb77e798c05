import { unprocessable } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { EngineWorld, say } from "./testing/engine-world.ts";
import type { WebFetcher } from "./web/web-fetcher.ts";

const done = [[say.text("ok"), say.stop]];
const url = "https://a.example/otter.png";

/** A world in which some addresses can be fetched. */
function worldWith(images: WebFetcher["images"], turns = 1): EngineWorld & { fetched: string[] } {
  const fetched: string[] = [];
  const world = new EngineWorld(...Array.from({ length: turns }, () => [...done]));
  world.fetcher = {
    images,
    async fetchImage(address) {
      fetched.push(address);
      if (!address.endsWith(".png")) throw unprocessable("Gone.", { code: "failed_to_download_image" });
      return Buffer.from("picture");
    },
    async fetchFile(address) {
      fetched.push(address);
      if (!address.endsWith(".md")) throw unprocessable("Gone.", { code: "failed_to_download_file" });
      return { filename: "otters.md", content: Buffer.from("They swim.") };
    },
  };
  return Object.assign(world, { fetched });
}

const image = (image_url: string) => ({ type: "input_image", image_url, detail: "low" });
const ask = (...content: object[]) => ({ input: [{ role: "user", content }] });

function seen(world: EngineWorld, turn = 0): unknown {
  const message = world.model.seen[turn]?.turn.items.findLast(({ type }) => type === "message");
  return message?.type === "message" ? message.content : undefined;
}

const inline = `data:image/png;base64,${Buffer.from("picture").toString("base64")}`;

describe("a picture by URL", () => {
  test.each([
    ["auto", undefined, inline],
    ["auto", true, url],
    ["always", true, inline],
    ["never", undefined, url],
  ] as const)(
    "with %s, for a server that fetches by itself: %s, is %s",
    async (images, fetches, expected) => {
      const world = worldWith(images);
      Object.assign(world.model, { fetchesImages: fetches });
      const { id } = await world.run(ask(image(url)));
      expect(seen(world)).toMatchObject([{ type: "input_image", image_url: expected, detail: "low" }]);
      expect(world.fetched).toEqual(expected === inline ? [url] : []);
      // What is stored is what was sent.
      expect(JSON.stringify((await world.responses.get("acme", id))?.input)).toContain(url);
    },
  );

  test("is fetched once for a request, and one in the request itself is not", async () => {
    const world = worldWith("auto");
    await world.run(ask(image(url), image(url), image("data:image/png;base64,eA==")));
    expect(seen(world)).toMatchObject([
      { image_url: inline },
      { image_url: inline },
      { image_url: "data:image/png;base64,eA==" },
    ]);
    expect(world.fetched).toEqual([url]);
  });

  test("that cannot be had is a 422 that names it", async () => {
    const world = worldWith("auto");
    const asked = ask({ type: "input_text", text: "x" }, image("https://a.example/gone"));
    await expect(world.run(asked)).rejects.toMatchObject({
      status: 422,
      code: "failed_to_download_image",
      param: "input[0].content[1].image_url",
    });
    expect(world.model.seen).toEqual([]);
  });

  test.each([
    " http://169.254.169.254/latest",
    "\thttp://127.0.0.1/",
    "\u00a0http://127.0.0.1/",
    "ht\ntp://127.0.0.1/",
    "http://127.0.0.1/a\nb",
    "//127.0.0.1/",
    "http:/127.0.0.1/",
    "file:///etc/passwd",
    "gs://bucket/x",
    "data:text/html,hi",
    "",
  ])("at %j is refused, whoever fetches pictures", async (odd) => {
    for (const images of ["auto", "always", "never"] as const) {
      const world = worldWith(images);
      Object.assign(world.model, { fetchesImages: true });
      await expect(world.run(ask(image(odd)))).rejects.toMatchObject({
        status: 422,
        code: "invalid_image_url",
        param: "input[0].content[0].image_url",
      });
      expect([world.fetched, world.model.seen]).toEqual([[], []]);
    }
  });

  test("of the history that cannot be had any more is told as gone", async () => {
    const world = worldWith("auto", 2);
    const { id } = await world.run(ask(image(url)));
    if (world.fetcher) {
      world.fetcher = {
        ...world.fetcher,
        fetchImage: async () => {
          throw unprocessable("Gone.", { code: "failed_to_download_image" });
        },
      };
    }
    await world.run({ input: "And now?", previous_response_id: id });
    expect(JSON.stringify(world.model.seen[1]?.turn.items)).toContain("no longer available: Gone.");
  });

  test("is not fetched by the hundred", async () => {
    const world = worldWith("auto");
    const many = Array.from({ length: 101 }, (_, index) => image(`https://a.example/${index}.png`));
    await expect(world.run(ask(...many))).rejects.toMatchObject({
      status: 422,
      param: "input[0].content[100].image_url",
    });
  });
});

describe("a file by URL", () => {
  test("is its text, under its own name or the one that the request gives", async () => {
    const world = worldWith("never");
    const file = { type: "input_file", file_url: "https://a.example/otters.md" };
    await world.run(ask(file, { ...file, filename: "mine.md" }));
    expect(seen(world)).toEqual([
      { type: "input_text", text: "File: otters.md\n\nThey swim." },
      { type: "input_text", text: "File: mine.md\n\nThey swim." },
    ]);
  });

  test("that cannot be had is a 422 that names it", async () => {
    const world = worldWith("auto");
    const asked = ask({ type: "input_file", file_url: "https://a.example/gone" });
    await expect(world.run(asked)).rejects.toMatchObject({
      status: 422,
      code: "failed_to_download_file",
      param: "input[0].content[0].file_url",
    });
  });
});
