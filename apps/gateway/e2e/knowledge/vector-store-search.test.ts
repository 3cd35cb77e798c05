import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doorNames, oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";
import { makeDocx, makeHtml, makePdf, makeXlsx } from "./sample-files.ts";

type Filter = NonNullable<OpenAI.VectorStoreSearchParams["filters"]>;

/** A word for each kind of file that is in no other. */
const kinds = [
  ["notes.md", "armadillo", "# Notes\n\nThe armadillo rolls up."],
  ["page.html", "bandicoot", makeHtml("The bandicoot digs.")],
  ["letter.docx", "capybara", makeDocx("The capybara swims.")],
  ["report.pdf", "dugong", makePdf("The dugong grazes.")],
  ["table.xlsx", "echidna", makeXlsx("The echidna feeds on ants.")],
  ["rows.csv", "fossa", "animal,does\nfossa,climbs"],
  ["facts.json", "gibbon", '{"gibbon": "swings"}'],
  ["code.py", "hoatzin", "def hoatzin():\n    return 'flies badly'"],
] as const;

const planets = [
  { name: "Mercury", moons: 0, rocky: true },
  { name: "Earth", moons: 1, rocky: true },
  { name: "Mars", moons: 2, rocky: true },
  { name: "Jupiter", moons: 95, rocky: false },
  { name: "Saturn", moons: 146, rocky: false },
];

const key = (key: string) => ({
  is: (type: "eq" | "ne" | "gt" | "gte" | "lt" | "lte", value: string | number | boolean) => ({
    type,
    key,
    value,
  }),
  among: (type: "in" | "nin", value: (string | number)[]) => ({ type, key, value }),
});
const [name, moons, rocky] = [key("name"), key("moons"), key("rocky")];

describe("a search of a vector store, by the official client", () => {
  let doors: KnowledgeDoors;
  let store: string;
  beforeAll(async () => {
    doors = await startKnowledge();
    const client = doors.client(doorNames.at(-1) ?? "http");
    ({ id: store } = await client.vectorStores.create({}));
    const add = async (content: string | Uint8Array, filename: string, attributes = {}) => {
      const file = await toFile(Buffer.from(content), filename);
      const { id } = await client.files.create({ file, purpose: "assistants" });
      return { file_id: id, attributes };
    };
    const files = await Promise.all([
      ...kinds.map(([filename, , content]) => add(content, filename, { kind: "animal" })),
      ...planets.map((planet) =>
        add(`The planet ${planet.name} has ${planet.moons} moons.`, planet.name, planet),
      ),
    ]);
    const body = { files } as OpenAI.VectorStores.FileBatchCreateParams;
    const batch = await client.vectorStores.fileBatches.createAndPoll(store, body, { pollIntervalMs: 25 });
    expect(batch.file_counts).toMatchObject({ completed: files.length, failed: 0 });
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  describe.for(oneDoor)("through %s", (door) => {
    const search = (query: string | string[], changes: Partial<OpenAI.VectorStoreSearchParams> = {}) =>
      doors.client(door).vectorStores.search(store, { query, ...changes });
    const names = async (query: string | string[], changes?: Partial<OpenAI.VectorStoreSearchParams>) =>
      (await search(query, changes)).data.map(({ filename }) => filename);

    test.for(kinds)("finds %s by %s", async ([filename, word]) => {
      const [best] = (await search(word)).data;
      expect(best).toMatchObject({ filename, attributes: { kind: "animal" } });
      expect(best?.content).toMatchObject([{ type: "text", text: expect.stringContaining(word) }]);
      expect(best?.score).toBeGreaterThan(0);
      expect(best?.score).toBeLessThanOrEqual(1);
    });

    test("answers with one page, best first, that tells what was asked", async () => {
      const answer = await search("planet moons").asResponse();
      const page = (await answer.json()) as { data: OpenAI.VectorStoreSearchResponse[] };
      expect(page).toEqual({
        object: "vector_store.search_results.page",
        search_query: ["planet moons"],
        data: expect.any(Array),
        has_more: false,
        next_page: null,
      });
      expect(Object.keys(page.data[0] ?? {}).sort()).toEqual([
        "attributes",
        "content",
        "file_id",
        "filename",
        "score",
      ]);
      const scores = page.data.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    });

    test.for<[string, Filter, string[]]>([
      ["eq", name.is("eq", "Mars"), ["Mars"]],
      [
        "ne",
        { type: "and", filters: [moons.is("gte", 0), name.is("ne", "Mars")] },
        ["Earth", "Jupiter", "Mercury", "Saturn"],
      ],
      [
        "gt and lte",
        { type: "and", filters: [moons.is("gt", 0), moons.is("lte", 95)] },
        ["Earth", "Jupiter", "Mars"],
      ],
      ["a boolean", rocky.is("eq", false), ["Jupiter", "Saturn"]],
      ["in", name.among("in", ["Earth", "Pluto", "Saturn"]), ["Earth", "Saturn"]],
      [
        "nin",
        { type: "and", filters: [rocky.is("eq", true), name.among("nin", ["Earth"])] },
        ["Mars", "Mercury"],
      ],
      [
        "and inside or inside and",
        {
          type: "and",
          filters: [
            {
              type: "or",
              filters: [
                { type: "and", filters: [rocky.is("eq", true), moons.is("lt", 1)] },
                moons.is("gt", 100),
              ],
            },
            name.is("ne", "Pluto"),
          ],
        },
        ["Mercury", "Saturn"],
      ],
      ["values of another type", moons.is("eq", "1"), []],
      ["an attribute that no file has", key("colour").is("eq", "red"), []],
    ])("filters by %s", async ([, filters, expected]) => {
      expect((await names("planet moons", { filters, max_num_results: 50 })).sort()).toEqual(expected);
    });

    test("takes several queries together", async () => {
      const query = ["capybara", "dugong"];
      const answer = await search(query, { max_num_results: 2 }).asResponse();
      const page = (await answer.json()) as { search_query: string[]; data: { filename: string }[] };
      expect(page.search_query).toEqual(query);
      expect(page.data.map(({ filename }) => filename).sort()).toEqual(["letter.docx", "report.pdf"]);
    });

    test("gives as many results as asked for, ten without a word", async () => {
      expect(await names("planet moons", { max_num_results: 3 })).toHaveLength(3);
      expect((await names("the planet")).length).toBeLessThanOrEqual(10);
      for (const max_num_results of [0, 51])
        await expect(search("planet", { max_num_results })).rejects.toMatchObject({
          status: 422,
          param: "max_num_results",
        });
    });

    test("ranks as asked for", async () => {
      const question = "The planet Mars has 2 moons.";
      for (const ranker of ["none", "auto", "default-2024-11-15"] as const)
        expect((await names(question, { ranking_options: { ranker } }))[0]).toBe("Mars");
      const before = doors.embeddings.requests.length;
      const hybrid_search = { embedding_weight: 0, text_weight: 1 };
      expect((await names(question, { ranking_options: { hybrid_search } as never }))[0]).toBe("Mars");
      expect(doors.embeddings.requests).toHaveLength(before);
      const all = (await search(question, { max_num_results: 50 })).data;
      const [first, second] = all;
      if (!first || !second) throw new Error("too few results");
      const score_threshold = (first.score + second.score) / 2;
      expect(await names(question, { ranking_options: { score_threshold } })).toEqual(["Mars"]);
      await expect(search("x", { ranking_options: { score_threshold: 1.5 } })).rejects.toMatchObject({
        status: 422,
        param: "ranking_options.score_threshold",
      });
    });

    test("names what it does not do", async () => {
      const { response } = await search("planet", { rewrite_query: true }).withResponse();
      expect(response.headers.get("x-gateway-ignored")).toBe("rewrite_query");
    });

    test.for([
      [{ type: "like", key: "a", value: "b" }, "filters.type"],
      [{ type: "eq", value: "b" }, "filters.key"],
      [{ type: "and", filters: [] }, "filters.filters"],
      [{ type: "and", filters: [{ type: "in", key: "a", value: "b" }] }, "filters.filters[0].value"],
    ] as const)("refuses the filter %j", async ([filters, param]) => {
      await expect(search("planet", { filters: filters as never })).rejects.toMatchObject({
        status: 422,
        param,
      });
    });
  });
});
