import { createHash } from "node:crypto";
import { type CodeSandbox, SandboxBusyError, type SandboxResult, type SandboxTask } from "@gateway/engine";
import { badRequest, notFound } from "@gateway/protocol";
import { createSealer, openStore } from "@gateway/store";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { unlessAborted } from "../unless-aborted.ts";
import { openContainers } from "./open-containers.ts";

const nobody = new AbortController().signal;
const param = "tools[0]";
const nothing = { used: [], files: [] };
const minute = 60_000;

/** Containers over a real store, content in memory and a sandbox that does as it is told. */
function openWorld() {
  const store = openStore({ path: ":memory:", seal: createSealer(new Uint8Array(32)), onProblem: () => {} });
  onTestFinished(() => store.close());
  const blobs = new Map<string, Uint8Array>();
  const tasks: SandboxTask[] = [];
  const ended: string[] = [];
  const faults: unknown[] = [];
  const world = {
    now: 1_000_000_000,
    result: {} as Partial<SandboxResult> | Error,
    /** What a run waits for. */
    gate: Promise.resolve() as Promise<unknown>,
    /** A file that there is not. */
    lacks: "",
    given: (): ReadableStream<Uint8Array> => new Blob(["given"]).stream(),
  };
  const sandbox: CodeSandbox = {
    async run(_container, task) {
      tasks.push(task);
      await world.gate;
      if (world.result instanceof Error) throw world.result;
      return {
        ...{ end: "completed", logs: "", fresh: false, alive: true, changed: [], removed: [], lost: [] },
        ...world.result,
      };
    },
    end: async (container) => void ended.push(container),
    close: async () => {},
  };
  const containers = openContainers({
    store: store.containers,
    content: {
      async receive(source, maxBytes, signal) {
        const chunks: Uint8Array[] = [];
        const chunksOf = async () => {
          for await (const chunk of source) chunks.push(chunk);
        };
        await unlessAborted(chunksOf(), signal ?? nobody);
        const all = Buffer.concat(chunks);
        if (all.length > maxBytes) throw new Error("too large");
        const hash = createHash("sha256").update(all).digest("hex");
        return {
          ...{ hash, md5: "", bytes: all.length },
          keep: async () => void blobs.set(hash, all),
          discard: async () => {},
        };
      },
      async hold(content, refer) {
        await store.blobs.announce(content.hash, content.bytes);
        await content.keep();
        return refer();
      },
      read: async (hash) => new Blob([new Uint8Array(blobs.get(hash) ?? [])]).stream(),
      sweep: () => {},
    },
    files: {
      get: async (_tenant, id) => {
        if (id === world.lacks) throw notFound("No such file.");
        return { filename: `${id}.txt`, bytes: 5 };
      },
      content: async () => ({ body: world.given() }),
    },
    sandbox,
    imageType: (content) => (content[0] === 0x89 ? "image/png" : undefined),
    seconds: 30,
    settings: { maxInlineImageBytes: 10, quota: { containers: 5, files: 3, bytes: 1000 } },
    now: () => world.now,
    onFault: (message) => faults.push(message),
  });
  return { world, store, containers, tasks, ended, faults };
}

describe("containers", () => {
  let opened: ReturnType<typeof openWorld>;
  beforeEach(() => {
    opened = openWorld();
  });
  const auto = { type: "auto" as const };

  test("an automatic one is made by its first run, with its files, and used again while it lives", async () => {
    const { containers, tasks, world } = opened;
    const session = await containers.open("acme", { ...auto, file_ids: ["f1"] }, nothing, param);
    expect((await containers.list("acme", { limit: 9, order: "asc" })).data).toEqual([]);
    await session.run("1", nobody);
    expect(tasks[0]?.files.map(({ path }) => path)).toEqual(["f1.txt"]);
    expect(await containers.get("acme", session.containerId)).toMatchObject({
      name: "auto",
      status: "running",
    });
    world.now += 19 * minute;
    const again = await containers.open(
      "acme",
      auto,
      { ...nothing, used: ["cntr_gone", session.containerId] },
      param,
    );
    expect(again.containerId).toBe(session.containerId);
    await again.run("2", nobody);
    world.now += 20 * minute;
    const fresh = await containers.open("acme", auto, { ...nothing, used: [session.containerId] }, param);
    expect(fresh.containerId).not.toBe(session.containerId);
    const other = await containers.open("other", auto, { ...nothing, used: [session.containerId] }, param);
    expect(other.containerId).not.toBe(session.containerId);
  });

  test("one that has expired says so, keeps its files and cannot be used", async () => {
    const { containers, world } = opened;
    const { id } = await containers.create("acme", {
      name: "brief",
      expires_after: { anchor: "last_active_at", minutes: 2 },
      file_ids: ["f1"],
    });
    const use = () => containers.open("acme", id, nothing, param);
    world.now += 2 * minute - 1000;
    await use();
    world.now += 1000;
    expect(await containers.get("acme", id)).toMatchObject({ status: "expired" });
    await expect(use()).rejects.toMatchObject({
      status: 400,
      code: "container_expired",
      param: `${param}.container`,
    });
    await expect(containers.copyFile("acme", id, "f2")).rejects.toMatchObject({ code: "container_expired" });
    const [file] = (await containers.listFiles("acme", id, { limit: 9, order: "asc" })).data;
    const { body } = await containers.fileContent("acme", id, file?.id ?? "");
    expect(await new Response(body).text()).toBe("given");
  });

  test("what code writes becomes files, small pictures are told whole and larger ones by their address", async () => {
    const { containers, world } = opened;
    const session = await containers.open("acme", auto, nothing, param);
    world.result = {
      logs: "done\n",
      changed: [
        { path: "a.txt", content: new Uint8Array([1]) },
        { path: "small.png", content: new Uint8Array([0x89, 1]) },
        { path: "large.png", content: new Uint8Array(20).fill(0x89) },
      ],
    };
    const run = await session.run("1", nobody);
    const { containerId } = session;
    expect(run.completed).toBe(true);
    expect(run.files.map(({ path }) => path)).toEqual([
      "/mnt/data/a.txt",
      "/mnt/data/small.png",
      "/mnt/data/large.png",
    ]);
    expect(run.outputs).toEqual([
      { type: "logs", logs: "done\n" },
      { type: "image", url: "data:image/png;base64,iQE=" },
      { type: "image", url: `/v1/containers/${containerId}/files/${run.files[2]?.file_id}/content` },
    ]);
    world.result = { removed: ["a.txt"], changed: [{ path: "new.txt", content: new Uint8Array([2]) }] };
    await session.run("2", nobody);
    const { data } = await containers.listFiles("acme", containerId, { limit: 9, order: "asc" });
    expect(data.map(({ path }) => path)).toEqual([
      "/mnt/data/small.png",
      "/mnt/data/large.png",
      "/mnt/data/new.txt",
    ]);
    world.result = { changed: [{ path: "more.txt", content: new Uint8Array([3]) }] };
    expect((await session.run("3", nobody)).outputs).toMatchObject([
      { logs: expect.stringContaining("Files that were not kept: more.txt") },
    ]);
  });

  test.each([
    [{ end: "failed", logs: "Traceback\n" }, true, /^Traceback\n$/],
    [{ end: "timed_out" }, false, /longer than 30 s\.\]/],
    [{ end: "timed_out", alive: false }, false, /could not be interrupted.*is gone/],
    [{ end: "out_of_memory", alive: false }, false, /more memory.*is gone/],
    [{ end: "crashed", alive: false }, false, /broke down.*is gone/],
    [{ lost: [{ path: "big.bin", why: "too_large" }] }, true, /not kept: big\.bin \(too large\)/],
    [{ lost: [{ path: "odd", why: "unreadable" }] }, true, /not kept: odd \(cannot be read\)/],
    [{ lost: [{ path: "a\nb", why: "bad_name" }] }, true, /not kept: a\nb \(a name that cannot be kept\)/],
    [
      { logs: "x", lost: [{ path: "dir", why: "in_the_way" }] },
      true,
      /^\[.*not in \/mnt\/data.*: dir\.\]\nx$/,
    ],
  ] as const)("%j is told", async (result, completed, logs) => {
    const { containers, world } = opened;
    const session = await containers.open("acme", auto, nothing, param);
    world.result = result as unknown as Partial<SandboxResult>;
    const run = await session.run("1", nobody);
    expect(run.completed).toBe(completed);
    expect(run.outputs).toMatchObject([{ type: "logs", logs: expect.stringMatching(logs) }]);
  });

  test("that state was lost is told once there was some", async () => {
    const { containers, world } = opened;
    const session = await containers.open("acme", auto, nothing, param);
    world.result = { fresh: true, logs: "x" };
    expect((await session.run("1", nobody)).outputs).toEqual([{ type: "logs", logs: "x" }]);
    expect((await session.run("2", nobody)).outputs).toMatchObject([
      { logs: expect.stringMatching(/started anew.*\nx$/s) },
    ]);
  });

  test("what hinders a run is told the model, and faults the log, too", async () => {
    const { containers, world, faults } = opened;
    const session = await containers.open("acme", auto, nothing, param);
    world.result = new SandboxBusyError("All busy.");
    expect(await session.run("1", nobody)).toMatchObject({
      completed: false,
      outputs: [{ logs: "All busy." }],
    });
    expect(faults).toEqual([]);
    world.result = new Error("secret");
    const failed = await session.run("1", nobody);
    expect(failed).toMatchObject({
      completed: false,
      outputs: [{ logs: expect.stringContaining("was not run") }],
    });
    expect(JSON.stringify(failed)).not.toContain("secret");
    expect(faults).toHaveLength(1);
    const abort = new AbortController();
    abort.abort(new Error("gone"));
    await expect(session.run("1", abort.signal)).rejects.toThrow("gone");
    await containers.delete("acme", session.containerId);
    expect(await session.run("1", nobody)).toMatchObject({
      completed: false,
      outputs: [{ logs: expect.stringContaining("deleted") }],
    });
  });

  test.each([
    ["whose process is ended by that", { end: "crashed", alive: false, logs: "begun\n" }],
    [
      "whose code comes to its end",
      { logs: "begun\n", changed: [{ path: "f", content: new Uint8Array(1) }] },
    ],
  ] as const)("a container that is deleted while code runs, %s, is said to be that", async (_, result) => {
    const { containers, tasks, world, faults } = opened;
    const session = await containers.open("acme", auto, nothing, param);
    const gate = Promise.withResolvers<void>();
    world.gate = gate.promise;
    world.result = result as unknown as Partial<SandboxResult>;
    const running = session.run("1", nobody);
    await expect.poll(() => tasks.length).toBe(1);
    await containers.delete("acme", session.containerId);
    gate.resolve();
    expect(await running).toMatchObject({
      completed: false,
      outputs: [{ logs: expect.stringMatching(/^begun\n\n\[The container was deleted while the code ran/) }],
    });
    expect(faults).toEqual([]);
  });

  test("a run that waits for another leaves when it is aborted, and those behind it wait on", async () => {
    const { containers, tasks, world } = opened;
    const session = await containers.open("acme", auto, nothing, param);
    const gate = Promise.withResolvers<void>();
    world.gate = gate.promise;
    const first = session.run("1", nobody);
    await expect.poll(() => tasks.length).toBe(1);
    const leaving = new AbortController();
    const second = session.run("2", leaving.signal);
    const third = session.run("3", nobody);
    leaving.abort(new Error("gone"));
    await expect(second).rejects.toThrow("gone");
    expect(tasks.map(({ code }) => code)).toEqual(["1"]);
    gate.resolve();
    await Promise.all([first, third]);
    expect(tasks.map(({ code }) => code)).toEqual(["1", "3"]);
  });

  test("files are copied no longer than somebody waits for them, and again for the next run", async () => {
    const { containers, tasks, world } = opened;
    const session = await containers.open("acme", { ...auto, file_ids: ["f1"] }, nothing, param);
    const endless = Promise.withResolvers<void>();
    world.given = () =>
      new ReadableStream({
        pull: () => {
          endless.resolve();
          return new Promise(() => {});
        },
      });
    const leaving = new AbortController();
    const left = session.run("1", leaving.signal);
    await endless.promise;
    leaving.abort(new Error("gone"));
    await expect(left).rejects.toThrow("gone");
    world.given = () => new Blob(["given"]).stream();
    expect(await session.run("2", nobody)).toMatchObject({ completed: true });
    expect(tasks.map(({ files }) => files.map(({ path }) => path))).toEqual([["f1.txt"]]);
  });

  test("one whose files could not be copied at first can be used by the next run", async () => {
    const { containers, faults, world } = opened;
    const session = await containers.open("acme", { ...auto, file_ids: ["f1"] }, nothing, param);
    world.given = () => {
      throw new Error("the disk is away");
    };
    expect(await session.run("1", nobody)).toMatchObject({ completed: false });
    expect(faults).toHaveLength(1);
    world.given = () => new Blob(["given"]).stream();
    expect(await session.run("2", nobody)).toMatchObject({ completed: true });
    expect((await containers.list("acme", { limit: 9, order: "asc" })).data).toHaveLength(1);
  });

  test("what messages bring along is in it, unless its name is taken or it cannot be had", async () => {
    const { containers, faults, tasks, world } = opened;
    const hello = () => new TextEncoder().encode("hello");
    const files = [
      { fileId: "f1" },
      { filename: "../notes.txt", content: hello },
      { filename: "f1.txt", content: () => expect.unreachable("it is there already") },
      { fileId: "gone" },
      {
        filename: "broken",
        content: () => {
          throw badRequest("This is not base64.");
        },
      },
    ];
    world.lacks = "gone";
    const { id } = await containers.create("acme", { name: "mine" });
    for (const declared of [auto, id]) {
      const session = await containers.open("acme", declared, { ...nothing, files }, param);
      expect(await session.run("1", nobody)).toMatchObject({ completed: true });
      await session.run("2", nobody);
      for (const { files } of tasks.splice(0))
        expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
          ["f1.txt", 5],
          ["notes.txt", 5],
        ]);
    }
    expect(faults).toEqual([]);
  });

  test("deleting one ends what runs in it, and the oldest without use go by themselves", async () => {
    const { containers, ended, world } = opened;
    const first = await containers.create("acme", { name: "first" });
    await containers.delete("acme", first.id);
    expect(ended).toEqual([JSON.stringify(["acme", first.id])]);
    const old = await containers.create("acme", { name: "old" });
    world.now += 31 * 86_400_000;
    const young = await containers.create("acme", { name: "young" });
    containers.start();
    await containers.close();
    await expect(containers.get("acme", old.id)).rejects.toMatchObject({ status: 404 });
    expect(await containers.get("acme", young.id)).toMatchObject({ status: "running" });
  });
});
