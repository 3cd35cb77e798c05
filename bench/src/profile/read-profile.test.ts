import { expect, test } from "vitest";
import { breakDownCpu, breakDownHeap, type CallFrame, moduleOf } from "./read-profile.ts";

const frame = (functionName: string, url = "", lineNumber = 0): CallFrame => ({
  functionName,
  url,
  lineNumber,
});

test("a function belongs to its package, its module of Node, or to V8", () => {
  const pnpm =
    "file:///repo/node_modules/.pnpm/@hono+node-server@2.1.8/node_modules/@hono/node-server/dist/index.mjs";
  expect(moduleOf(frame("f", pnpm))).toBe("@hono/node-server");
  expect(moduleOf(frame("f", "file:///repo/packages/engine/src/respond.ts"))).toBe("packages/engine");
  expect(moduleOf(frame("f", "node:internal/streams/readable"))).toBe("node:internal/streams");
  expect(moduleOf(frame("f", "node:net"))).toBe("node:net");
  expect(moduleOf(frame("(garbage collector)"))).toBe("garbage collection");
  expect(moduleOf(frame("(program)"))).toBe("native code and system calls");
});

test("CPU time is summed by function and module; idle time is left out", () => {
  const respond = "file:///repo/packages/engine/src/respond.ts";
  const profile = {
    nodes: [
      { id: 1, callFrame: frame("(idle)") },
      { id: 2, callFrame: frame("respond", respond, 9) },
      { id: 3, callFrame: frame("", respond, 19) },
      { id: 4, callFrame: frame("respond", respond, 9) },
    ],
    samples: [1, 2, 3, 4],
    timeDeltas: [1000, 10, 5, 20],
  };
  expect(breakDownCpu(profile)).toEqual({
    total: 35,
    functions: [
      { name: "respond packages/engine respond.ts:10", own: 30 },
      { name: "(anonymous) packages/engine respond.ts:20", own: 5 },
    ],
    modules: [{ name: "packages/engine", own: 35 }],
    files: [{ name: "packages/engine respond.ts", own: 35 }],
  });
});

test("what a native function takes belongs to the function that called it", () => {
  const store = "file:///repo/packages/store/src/write.ts";
  const profile = {
    nodes: [
      { id: 1, callFrame: frame("(root)"), children: [2] },
      { id: 2, callFrame: frame("write", store, 4), children: [3, 4] },
      { id: 3, callFrame: frame("") },
      { id: 4, callFrame: frame("(garbage collector)") },
    ],
    samples: [3, 2, 3, 4],
    timeDeltas: [10, 1, 10, 3],
  };
  expect(breakDownCpu(profile)).toEqual({
    total: 24,
    functions: [
      { name: "(native), called by write packages/store write.ts:5", own: 20 },
      { name: "(garbage collector)", own: 3 },
      { name: "write packages/store write.ts:5", own: 1 },
    ],
    modules: [
      { name: "packages/store", own: 21 },
      { name: "garbage collection", own: 3 },
    ],
    files: [{ name: "packages/store write.ts", own: 24 }],
  });
});

test("what a dependency does counts for the file of the workspace that asked for it", () => {
  const profile = {
    nodes: [
      { id: 1, callFrame: frame("(root)"), children: [2, 4] },
      { id: 2, callFrame: frame("respond", "file:///repo/packages/engine/src/respond.ts"), children: [3] },
      { id: 3, callFrame: frame("parse", "file:///repo/node_modules/zod/v4/core/parse.js") },
      { id: 4, callFrame: frame("onRead", "node:internal/stream_base_commons", 7), children: [5] },
      { id: 5, callFrame: frame("emit", "node:events") },
    ],
    samples: [2, 3, 5],
    timeDeltas: [1, 4, 2],
  };
  expect(breakDownCpu(profile).files).toEqual([
    { name: "packages/engine respond.ts", own: 5 },
    { name: "(onRead stream_base_commons:8)", own: 2 },
  ]);
});

test("allocations are summed over the whole tree", () => {
  const parse = frame("parse", "node:internal/url", 4);
  const profile = {
    head: {
      callFrame: frame("(root)"),
      selfSize: 0,
      children: [
        { callFrame: parse, selfSize: 100, children: [{ callFrame: parse, selfSize: 20, children: [] }] },
      ],
    },
  };
  expect(breakDownHeap(profile)).toMatchObject({
    total: 120,
    modules: [{ name: "node:internal/url", own: 120 }, { own: 0 }],
  });
});
