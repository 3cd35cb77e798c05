import { expect, test } from "vitest";
import { renderCodeCall } from "./render-code-call.ts";

const call = {
  type: "code_interpreter_call" as const,
  id: "ci_1",
  status: "completed",
  code: "1 + 1",
  container_id: "cntr_1",
};

test("a call is shown with its code and what it printed", () => {
  const outputs = [{ type: "logs", logs: "2\n" }];
  expect(renderCodeCall({ ...call, outputs })).toEqual({ args: '{"code":"1 + 1"}', output: "2" });
});

test("files are named with how to link to them, pictures as seen", () => {
  const { output } = renderCodeCall({
    ...call,
    outputs: [
      { type: "logs", logs: "ok" },
      { type: "image", url: "data:image/png;base64,AA==" },
    ],
    files: [{ file_id: "cfile_1", path: "/mnt/data/plot.png" }],
  });
  expect(output).toContain("ok\n\nFiles written: sandbox:/mnt/data/plot.png.");
  expect(output).toContain("The user can see the pictures");
  expect(output).not.toContain("base64");
});

test.each([
  [{ outputs: [] }, "printed nothing"],
  [{ outputs: null }, "is not known"],
  [{ outputs: null, status: "incomplete" }, "not run to its end"],
])("of %j something is said, too", (more, words) => {
  expect(renderCodeCall({ ...call, ...more }).output).toContain(words);
});

test("long output loses its middle", () => {
  const logs = `begin${"x".repeat(50_000)}end`;
  const { output } = renderCodeCall({ ...call, outputs: [{ type: "logs", logs }] });
  expect(output.length).toBeLessThan(13_000);
  expect(output).toMatch(/^begin.*\[… \d+ characters left out …\].*end$/s);
});
