/** Where a function is, as V8 says it; an empty `url` is V8 itself. */
export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}

/** A CPU profile (Chrome DevTools Protocol, Profiler.Profile). Times are in microseconds. */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

/** A sampled allocation profile (Chrome DevTools Protocol, HeapProfiler.SamplingHeapProfile). Sizes in bytes. */
export interface HeapProfile {
  head: HeapNode;
}

/** A function in the tree of an allocation profile. */
export interface HeapNode {
  callFrame: CallFrame;
  selfSize: number;
  children: HeapNode[];
}

/** What a function or a module used by itself, callees left out: microseconds or bytes. */
export interface Share {
  name: string;
  own: number;
}

/** The shares of one profile, the largest first, and their sum. */
export interface Breakdown {
  total: number;
  functions: Share[];
  modules: Share[];
  /** Everything by the file of this workspace on whose behalf it was done: the nearest one among the callers. */
  files: Share[];
}

/** A cost: the function it arose in, and its callers, the nearest first. */
type Cost = [frame: CallFrame, callers: CallFrame[], own: number];

/**
 * Self time by function and by module; idle time is left out. What native functions take belongs to who called
 * them, or else most of it would belong to nobody.
 */
export function breakDownCpu({ nodes, samples, timeDeltas }: CpuProfile): Breakdown {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const callersOf = (id: number): CallFrame[] => {
    const parent = byId.get(parents.get(id) ?? Number.NaN);
    return parent === undefined ? [] : [parent.callFrame, ...callersOf(parent.id)];
  };
  const ownTimes = new Map<number, number>();
  for (const [i, id] of samples.entries()) ownTimes.set(id, (ownTimes.get(id) ?? 0) + (timeDeltas[i] ?? 0));
  const costs = [...ownTimes].flatMap(([id, own]): Cost[] => {
    const frame = byId.get(id)?.callFrame;
    return frame === undefined || frame.functionName === "(idle)" ? [] : [[frame, callersOf(id), own]];
  });
  return breakDown(costs);
}

/** Bytes allocated by function and by module. */
export function breakDownHeap({ head }: HeapProfile): Breakdown {
  const costs: Cost[] = [];
  const visit = ({ callFrame, selfSize, children }: HeapNode, callers: CallFrame[]): void => {
    costs.push([callFrame, callers, selfSize]);
    for (const child of children) visit(child, [callFrame, ...callers]);
  };
  visit(head, []);
  return breakDown(costs);
}

function breakDown(costs: readonly Cost[]): Breakdown {
  const functions = new Map<string, number>();
  const modules = new Map<string, number>();
  const files = new Map<string, number>();
  let total = 0;
  for (const [frame, callers, own] of costs) {
    total += own;
    const caller = isNative(frame) ? callers.find(({ url }) => url !== "") : undefined;
    const module = moduleOf(caller ?? frame);
    const name = caller ? `${frame.functionName || "(native)"}, called by ${nameOf(caller)}` : nameOf(frame);
    functions.set(name, (functions.get(name) ?? 0) + own);
    modules.set(module, (modules.get(module) ?? 0) + own);
    const file = fileFor([frame, ...callers]);
    files.set(file, (files.get(file) ?? 0) + own);
  }
  return { total, functions: ranked(functions), modules: ranked(modules), files: ranked(files) };
}

/** Functions of V8 and of native addons; names in brackets are states of the engine, not functions. */
function isNative({ functionName, url }: CallFrame): boolean {
  return url === "" && !functionName.startsWith("(");
}

/** The nearest file of this workspace; without one, what the event loop has called, in brackets. */
function fileFor(stack: readonly CallFrame[]): string {
  for (const { url } of stack) {
    const own = ownPart(url);
    if (own !== undefined) return `${own} ${url.slice(url.lastIndexOf("/") + 1)}`;
  }
  const outermost = stack.findLast(({ url }) => url !== "");
  return outermost === undefined ? nameOf(stack[0] as CallFrame) : `(${nameOf(outermost)})`;
}

function nameOf(frame: CallFrame): string {
  const { functionName, url, lineNumber } = frame;
  if (url === "") return functionName;
  const module = moduleOf(frame);
  const file = url.slice(url.lastIndexOf("/") + 1);
  return `${functionName || "(anonymous)"} ${module === file || module === url ? "" : `${module} `}${file}:${lineNumber + 1}`;
}

function ranked(sums: Map<string, number>): Share[] {
  return [...sums].map(([name, own]) => ({ name, own })).toSorted((a, b) => b.own - a.own);
}

/**
 * What a function belongs to: a package of node_modules, a package of this workspace, a module of Node, or what
 * V8 does by itself.
 */
export function moduleOf({ functionName, url }: CallFrame): string {
  if (url === "") {
    if (functionName === "(garbage collector)") return "garbage collection";
    return functionName === "(program)" ? "native code and system calls" : "V8 and native functions";
  }
  if (url.startsWith("node:")) return url.split("/").slice(0, 2).join("/");
  // The last node_modules counts: pnpm keeps packages below two of them.
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  return ownPart(url) ?? url.slice(url.lastIndexOf("/") + 1);
}

/** The package or app of this workspace that a file is in, such as "packages/engine". */
function ownPart(url: string): string | undefined {
  return url.includes("/node_modules/") ? undefined : /\/((?:packages|apps)\/[^/]+)\//.exec(url)?.[1];
}
