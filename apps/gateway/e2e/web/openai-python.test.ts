import { readFile } from "node:fs/promises";
import { describeWith, runPython, wholePicture } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { acting, startWeb } from "./web-doors.ts";

describeWith("openai-python", "the web and pictures by the official Python client", () => {
  describe.for(oneDoor)("through %s", (door) => {
    test("are what they are to every other client", async () => {
      await using web = await startWeb();
      const query = "what do otters do";
      const search = { name: "web_search", arguments: { queries: [query] } };
      web.backend.byModel("search", acting([search], "They swim 【1】."));
      const draw = { name: "image_generation", arguments: { prompt: "an otter" } };
      web.backend.byModel("draw", acting([draw], "Here it is."));
      web.backend.setModels(["search", "draw"]);
      const script = await readFile(new URL("python/web.py", import.meta.url), "utf8");
      const { stdout, stderr, code } = await runPython(script, {
        env: { OPENAI_BASE_URL: `${web.url(door)}/v1`, OPENAI_API_KEY: "none" },
      });
      if (code !== 0) throw new Error(`web.py ended with ${code}\n${stderr}`);
      const otters = `${web.site.origin}/otters`;
      const found = {
        status: "completed",
        action: ["search", [query]],
        sources: [otters, "https://cats.example/"],
        cited: ["url_citation", otters, "Otters"],
        span: `([127.0.0.1](${otters}))`,
        requests: 1,
      };
      const drawn = ["completed", wholePicture, "Here it is."];
      const steps = (item: string, ...names: string[]) => names.map((name) => `response.${item}.${name}`);
      expect(JSON.parse(stdout)).toEqual({
        searches: {
          whole: found,
          streamed: found,
          retrieved: found,
          events: steps("web_search_call", "in_progress", "searching", "completed"),
        },
        pictures: {
          whole: drawn,
          streamed: drawn,
          events: steps("image_generation_call", "in_progress", "generating", "partial_image", "completed"),
        },
        asynchronously: found.cited,
      });
    });
  });
});
