import fc from "fast-check";
import { expect, test } from "vitest";
import type { ModelDelta } from "../model-delta.ts";
import { FileLinkReader, WrittenFiles } from "./file-links.ts";

function writtenFiles(): WrittenFiles {
  const files = new WrittenFiles();
  const call = (container: string, ...written: [string, string][]) => ({
    ...{
      type: "code_interpreter_call" as const,
      id: "ci_1",
      status: "completed" as const,
      code: "",
      outputs: null,
    },
    container_id: container,
    files: written.map(([path, file_id]) => ({ path: `/mnt/data/${path}`, file_id })),
  });
  files.add([
    call("cntr_1", ["a.csv", "cfile_1"], ["two words.txt", "cfile_2"]),
    call("cntr_2", ["b.png", "cfile_3"]),
  ]);
  return files;
}

/** The text that comes out, with each annotation as `{file id:characters covered}` where it stands. */
function read(...pieces: string[]): string {
  const reader = new FileLinkReader(writtenFiles());
  const deltas: ModelDelta[] = pieces.flatMap((text) => reader.pass([{ kind: "text", text }]));
  return [...deltas, ...reader.end()]
    .map((delta) => {
      if (delta.kind === "text") return delta.text;
      return delta.kind === "annotation" ? `{${String(delta.annotation.file_id)}:${delta.covers}}` : "";
    })
    .join("");
}

test.each([
  ["[x](sandbox:/mnt/data/a.csv).", "[x](sandbox:/mnt/data/a.csv{cfile_1:23})."],
  ["See sandbox:/mnt/data/a.csv.", "See sandbox:/mnt/data/a.csv{cfile_1:23}."],
  ["![p](sandbox:/mnt/data/b.png)", "![p](sandbox:/mnt/data/b.png{cfile_3:23})"],
  ["[x](sandbox:/mnt/data/two%20words.txt)", "[x](sandbox:/mnt/data/two%20words.txt{cfile_2:33})"],
  ["sandbox:/mnt/data/a.csv", "sandbox:/mnt/data/a.csv{cfile_1:23}"],
  [
    "sandbox:/mnt/data/none.csv and sandbox:/mnt/data/a.csv!",
    "sandbox:/mnt/data/none.csv and sandbox:/mnt/data/a.csv{cfile_1:23}!",
  ],
  ["no link: /mnt/data/a.csv sandbox: a.csv", "no link: /mnt/data/a.csv sandbox: a.csv"],
  ["sandbox:/mnt/data/", "sandbox:/mnt/data/"],
])("in %j links to files are annotated, and the text stays", (text, expected) => {
  expect(read(text)).toBe(expected);
});

test("it is the same however the text is cut", () => {
  const text =
    "a [x](sandbox:/mnt/data/a.csv), sandsandbox:/mnt/data/b.png sandbox:/mnt/d 🎉 sandbox:/mnt/data/a.csv";
  const whole = read(text);
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      expect(read(...at.slice(1).map((end, index) => text.slice(at[index], end)))).toBe(whole);
    }),
  );
});

test("a link that never ends is passed on, and other deltas come behind the text before them", () => {
  expect(read(`sandbox:/mnt/data/${"x".repeat(3000)}`)).toHaveLength(3018);
  const reader = new FileLinkReader(writtenFiles());
  const passed = reader.pass([
    { kind: "text", text: "x sandbox:/mnt" },
    { kind: "finish", reason: "stop" },
  ]);
  expect(passed.map(({ kind }) => kind)).toEqual(["text", "text", "finish"]);
});

test("where no code has written files, nothing is held back", () => {
  const deltas: ModelDelta[] = [{ kind: "text", text: "sandbox:/mnt/data/a.csv" }];
  expect(new FileLinkReader(new WrittenFiles()).pass(deltas)).toBe(deltas);
});
