import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, twoTenants } from "../knowledge/knowledge-doors.ts";
import { startCodeDoors } from "./code-doors.ts";

// A start takes seconds, and many of them on a machine that is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

describe.for(oneDoor)("the containers API through %s", (door) => {
  let doors: KnowledgeDoors;
  let alice: OpenAI;
  let bob: OpenAI;
  beforeAll(async () => {
    doors = await startCodeDoors({ prewarm: 0, max_file_bytes: "1KiB", max_files: 3 }, { auth: twoTenants });
    alice = doors.client(door, "sk-alice");
    bob = doors.client(door, "sk-bob");
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test("a container is made, read, listed by name and deleted", async () => {
    const made = await alice.containers.create({
      name: "reports",
      expires_after: { anchor: "last_active_at", minutes: 5 },
      memory_limit: "4g",
    });
    expect(made).toEqual({
      id: expect.stringMatching(/^cntr_[0-9a-f]{32}$/),
      object: "container",
      name: "reports",
      created_at: expect.any(Number),
      status: "running",
      expires_after: { anchor: "last_active_at", minutes: 5 },
      last_active_at: made.created_at,
      memory_limit: "4g",
      network_policy: { type: "disabled" },
    });
    expect(await alice.containers.retrieve(made.id)).toEqual(made);
    const others = await Promise.all(["x", "reports"].map((name) => alice.containers.create({ name })));
    const named: string[] = [];
    for await (const { id } of alice.containers.list({ name: "reports", limit: 1, order: "asc" }))
      named.push(id);
    expect(named).toEqual([made.id, others[1]?.id]);
    await alice.containers.delete(made.id);
    await expect(alice.containers.retrieve(made.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(alice.containers.delete(made.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  test("what has no effect on one is named", async () => {
    const { response } = await alice.containers
      .create({
        name: "large",
        memory_limit: "64g",
        network_policy: { type: "allowlist", allowed_domains: ["a.example"] },
      })
      .withResponse();
    expect(response.headers.get("x-gateway-ignored")).toBe("memory_limit, network_policy");
    const plain = await alice.containers.create({ name: "plain" }).withResponse();
    expect(plain.response.headers.get("x-gateway-ignored")).toBeNull();
  });

  test("files are uploaded, copied, listed, read and deleted", async () => {
    const stored = await alice.files.create({
      file: new File(["stored"], "stored.txt"),
      purpose: "assistants",
    });
    const container = await alice.containers.create({ name: "files", file_ids: [stored.id] });
    const uploaded = await alice.containers.files.create(container.id, {
      file: new File(["sent"], "sent.txt"),
    });
    expect(uploaded).toEqual({
      id: expect.stringMatching(/^cfile_[0-9a-f]{32}$/),
      object: "container.file",
      container_id: container.id,
      created_at: expect.any(Number),
      bytes: 4,
      path: "/mnt/data/sent.txt",
      source: "user",
    });
    // The client sends a form for this, too; JSON is what the reference says.
    const copied = (await alice.post(`/containers/${container.id}/files`, {
      body: { file_id: stored.id },
    })) as { path: string };
    expect(copied.path).toBe("/mnt/data/stored.txt");
    const listed = await alice.containers.files.list(container.id, { order: "asc" });
    expect(listed.data.map(({ path }) => path)).toEqual(["/mnt/data/stored.txt", "/mnt/data/sent.txt"]);
    const at = { container_id: container.id };
    expect(await alice.containers.files.retrieve(uploaded.id, at)).toEqual(uploaded);
    const content = await alice.containers.files.content.retrieve(uploaded.id, at);
    expect(await content.text()).toBe("sent");
    await alice.containers.files.delete(uploaded.id, at);
    await expect(alice.containers.files.retrieve(uploaded.id, at)).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
  });

  test("another tenant finds nothing of it", async () => {
    const container = await alice.containers.create({ name: "secret" });
    const file = await alice.containers.files.create(container.id, { file: new File(["x"], "x.txt") });
    const at = { container_id: container.id };
    expect((await bob.containers.list({ name: "secret" })).data).toEqual([]);
    const stored = await alice.files.create({ file: new File(["x"], "x.txt"), purpose: "assistants" });
    const attempts: (() => Promise<unknown>)[] = [
      () => bob.containers.retrieve(container.id),
      () => bob.containers.delete(container.id),
      () => bob.containers.files.list(container.id),
      () => bob.containers.files.retrieve(file.id, at),
      () => bob.containers.files.content.retrieve(file.id, at),
      () => bob.containers.files.delete(file.id, at),
      () => bob.containers.files.create(container.id, { file: new File(["y"], "x.txt") }),
      () => bob.containers.create({ name: "mine", file_ids: [stored.id] }),
      () =>
        bob.responses.create({
          model: "scripted",
          input: "hi",
          tools: [{ type: "code_interpreter", container: container.id }],
        }),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    expect((await alice.containers.files.list(container.id)).data).toEqual([file]);
  });

  test("what is too large or too much is refused, and what is wrong is named", async () => {
    const container = await alice.containers.create({ name: "full" });
    const put = (name: string, bytes: number) =>
      alice.containers.files.create(container.id, { file: new File(["x".repeat(bytes)], name) });
    await expect(put("large.txt", 2000)).rejects.toMatchObject({ status: 413 });
    for (const name of ["1", "2", "3"]) await put(name, 1);
    await put("3", 2);
    await expect(put("4", 1)).rejects.toMatchObject({ status: 413, code: "files_quota" });
    await expect(alice.containers.create({ name: "" })).rejects.toMatchObject({ status: 422, param: "name" });
    await expect(alice.containers.list({ after: "cntr_x" })).rejects.toMatchObject({ status: 404 });
  });
});

test("a container is refused for what has no effect where parameters are strict", async () => {
  await using doors = await startCodeDoors({ prewarm: 0 }, { strict_params: true });
  const making = doors.client("http").containers.create({ name: "large", memory_limit: "64g" });
  await expect(making).rejects.toMatchObject({ status: 422, param: "memory_limit" });
});
