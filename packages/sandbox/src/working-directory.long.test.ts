import { createHash } from "node:crypto";
import type { SandboxFile, SandboxResult } from "@gateway/engine";
import { afterAll, expect, test, vi } from "vitest";
import { openRunner } from "./testing/run-code.ts";

// A start takes seconds, and many of them on a machine that is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const { sandbox, run } = openRunner();
afterAll(() => sandbox.close());

const nobody = new AbortController().signal;

function fileOf(path: string, content: string): SandboxFile {
  return {
    path,
    bytes: content.length,
    hash: createHash("sha256").update(content).digest("hex"),
    read: async () => new Blob([content]).stream(),
  };
}

function textsOf({ changed }: SandboxResult): Record<string, string> {
  return Object.fromEntries(changed.map(({ path, content }) => [path, Buffer.from(content).toString()]));
}

test("files and directories whose rights the code has taken away are kept like others", async () => {
  await run("import os; x = 41", "rights");
  const written = await run(
    "open('a.txt', 'w').write('a'); os.chmod('a.txt', 0)\nos.makedirs('d/e'); open('d/e/b.txt', 'w').write('b'); os.chmod('d', 0)",
    "rights",
  );
  expect(written).toMatchObject({ end: "completed", alive: true, lost: [] });
  expect(textsOf(written)).toEqual({ "a.txt": "a", "d/e/b.txt": "b" });
  const files = [fileOf("a.txt", "new"), fileOf("d/e/b.txt", "b")];
  const code = "print(open('a.txt').read(), x + 1)";
  expect(await sandbox.run("rights", { code, files }, nobody)).toMatchObject({
    logs: "new 42\n",
    removed: [],
  });
});

test("the working directory without rights can be used again in the next run", async () => {
  expect(await run("import os; x = 1; os.chmod('/mnt/data', 0)", "shut")).toMatchObject({ end: "completed" });
  expect(await run("open('y', 'w').write('y'); print(x, os.listdir())", "shut")).toMatchObject({
    logs: "1 ['y']\n",
    changed: [{ path: "y" }],
  });
});

test.each([
  ["renamed", "os.rename('/mnt/data', '/mnt/old')"],
  ["removed", "shutil.rmtree('/mnt/data')"],
  ["replaced by a link", "shutil.rmtree('/mnt/data'); os.symlink('/', '/mnt/data')"],
  ["replaced by a link to nothing", "shutil.rmtree('/mnt/data'); os.symlink('/nowhere', '/mnt/data')"],
  ["replaced by a file", "shutil.rmtree('/mnt/data'); open('/mnt/data', 'w').write('x')"],
  ["removed with what is above it", "shutil.rmtree('/mnt'); os.symlink('/nowhere', '/mnt')"],
])("a working directory that is %s is made anew, and the state is kept", async (_, code) => {
  const files = [fileOf("f", "f")];
  await sandbox.run("gone", { code: "import os, shutil; x = 41", files }, nobody);
  const away = `os.chdir('/')\n${code}\nprint('done')`;
  const result = await sandbox.run("gone", { code: away, files }, nobody);
  expect(result).toMatchObject({ end: "completed", alive: true, changed: [], removed: ["f"] });
  expect(result.logs).toMatch(/^done\n\n\[.*\/mnt\/data.*anew/);
  const next = await run("open('/mnt/data/g', 'w').write('g'); print(x, os.listdir('/mnt/data'))", "gone");
  expect(next).toMatchObject({ end: "completed", logs: "41 ['g']\n", changed: [{ path: "g" }] });
});

test("a file whose name the code has given to a directory is named, and put in place once there is room", async () => {
  await run("import os; x = 41; os.makedirs('clash')", "clash");
  const files = [fileOf("clash", "content"), fileOf("clash/below", "b")];
  const look = (code: string, given = files.slice(0, 1)) =>
    sandbox.run("clash", { code, files: given }, nobody);
  expect(await look("print(x)")).toMatchObject({
    ...{ end: "completed", alive: true, logs: "41\n", removed: [] },
    lost: [{ path: "clash", why: "in_the_way" }],
  });
  await look("os.rmdir('clash')");
  expect(await look("print(open('clash').read())")).toMatchObject({ logs: "content\n", lost: [] });
  expect(await look("print(x)", files)).toMatchObject({
    logs: "41\n",
    lost: [{ path: "clash/below", why: "in_the_way" }],
  });
});

test("a file is put in place of a link, not behind it", async () => {
  await run("import os; open('/tmp/behind', 'w').write('old'); os.symlink('/tmp/behind', 'given')", "link");
  const code = "print(os.path.islink('given'), open('given').read(), open('/tmp/behind').read())";
  expect(await sandbox.run("link", { code, files: [fileOf("given", "new")] }, nobody)).toMatchObject({
    logs: "False new old\n",
  });
});

test("a file with a name that cannot be kept is said to be that", async () => {
  expect(await run("open('a\\nb', 'w').write('1')", "names")).toMatchObject({
    lost: [{ path: "a\nb", why: "bad_name" }],
  });
});
