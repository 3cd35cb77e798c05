import type { Item } from "@gateway/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelDelta } from "../model-delta.ts";
import { OpenMessage } from "../open-message.ts";
import { CitationReader } from "./citation-reader.ts";
import { Sources } from "./sources.ts";

const urls = ["https://www.a.example/x", "https://b.example/(y)?q=1", 'https://ü.example/"z\\'];

/** Three pages and, under number 4, a file. */
function fourSources(): Sources {
  const sources = new Sources();
  const results = urls.map((url, index) => ({ url, title: `T${index}`, text: "t", published_at: null }));
  const items: Item[] = [
    { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search" }, results },
    {
      type: "file_search_call",
      id: "fs_1",
      status: "completed",
      queries: [],
      results: [{ file_id: "file-d", filename: "d.md", score: 1, text: "t" }],
    },
  ];
  sources.show(items, () => undefined);
  return sources;
}

/** The message that a model's tokens make. */
function messageOf(tokens: readonly string[], links = true) {
  const reader = new CitationReader(fourSources(), links);
  const message = new OpenMessage("msg_1", 0, () => {});
  const take = (deltas: readonly ModelDelta[]) => {
    for (const delta of deltas) {
      if (delta.kind === "text") message.text(delta.text, []);
      else if (delta.kind === "annotation") message.annotate(delta.annotation, delta.covers);
    }
  };
  for (const text of tokens) take(reader.pass([{ kind: "text", text }]));
  take(reader.end());
  const [part] = message.item.content;
  return part?.type === "output_text" ? part : { text: "", annotations: [] };
}

/** The characters of a text from one place to another, as the API counts them. */
function span(text: string, from: unknown, to: unknown): string {
  return [...text].slice(Number(from), Number(to)).join("");
}

describe("a citation of a page", () => {
  test.each([
    ["It is so 【1】.", "It is so ([a.example](https://www.a.example/x))."],
    ["【1】 First", "([a.example](https://www.a.example/x)) First"],
    ["New\n【1】", "New\n([a.example](https://www.a.example/x))"],
    [
      "Two【2】【1】",
      "Two ([b.example](https://b.example/%28y%29?q=1)) ([a.example](https://www.a.example/x))",
    ],
    ["With a file 【1, 4】.", "With a file ([a.example](https://www.a.example/x))."],
    ["With a file 【4】【1】.", "With a file ([a.example](https://www.a.example/x))."],
    ["Unknown 【9】.", "Unknown."],
  ])("is a link in the text: %j becomes %j", (text, expected) => {
    expect(messageOf([text]).text).toBe(expected);
    expect(messageOf([...text]).text).toBe(expected);
  });

  test("covers its link, wherever it stands and however the text is cut", () => {
    const word = fc.constantFrom("Cats", "😀", "Überall", " ", "\n", "e\u0301", "【", "】", "[1]", "👩‍👩‍👧");
    const mark = fc.constantFrom("【1】", "【2】", " 【3】", "【1, 3】", "【4】", "【7】");
    const pieces = fc.array(fc.oneof(word, mark), { maxLength: 20 });
    const places = fc.array(fc.nat({ max: 80 }), { maxLength: 8 });
    fc.assert(
      fc.property(pieces, places, (parts, cuts) => {
        const text = parts.join("");
        const ends = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
        const tokens = ends.slice(1).map((end, index) => text.slice(ends[index], end));
        const message = messageOf(tokens);
        let last = 0;
        for (const { type, url, start_index: start, end_index: end, index } of message.annotations) {
          if (type === "file_citation") {
            expect(Number(index)).toBeGreaterThanOrEqual(last);
            continue;
          }
          const link = span(message.text, start, end);
          expect(link).toMatch(/^\(\[[^\]]+\]\([^()\s"\\]+\)\)$/);
          expect(link).toContain(String(url).split(/[("]/)[0]);
          expect(Number(start)).toBeGreaterThanOrEqual(last);
          last = Number(end);
        }
        // What is not a mark is kept, apart from spaces before marks; one that names nothing is left out.
        const links = /\(\[[^\]]+\]\([^()\s"\\]+\)\)/g;
        const bare = (value: string) => value.replace(/[ ]/g, "");
        const marks = /【(?:[1-47]|1, 3)】/g;
        expect(bare(message.text.replace(links, ""))).toBe(bare(text.replace(marks, "")));
        // Cut differently it is the same.
        expect(messageOf([text])).toEqual(message);
      }),
    );
  });

  test("leaves no trace but its place where no links are to be written", () => {
    const part = messageOf(['{"a": "so 【1】"}'], false);
    expect(part.text).toBe('{"a": "so"}');
    expect(part.annotations).toEqual([
      { type: "url_citation", url: urls[0], title: "T0", start_index: 9, end_index: 9 },
    ]);
  });

  test("keeps the place that a model's server gave it", () => {
    const message = new OpenMessage("msg_1", 0, () => {});
    message.text("Said so.", []);
    const given = { type: "url_citation", url: "https://x/", title: "X", start_index: 0, end_index: 4 };
    message.annotate(given);
    expect(message.item.content).toMatchObject([{ annotations: [given] }]);
  });
});
