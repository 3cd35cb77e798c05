import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import {
  cleanEnv,
  codexProgram,
  codexVersion,
  describeWith,
  startChild,
  startScriptedBackend,
  type TempDir,
  tempDir,
  text,
  toolCalls,
  watchOutsideWorld,
} from "@gateway/testkit";
import { expect, test } from "vitest";

const script = join(import.meta.dirname, "run.sh");

describeWith("codex", "the example, with a real Codex", () => {
  test("carries out a task with the models of the gateway, and asks nobody else", async () => {
    await using backend = await startScriptedBackend({ models: ["small"] });
    await using outside = await watchOutsideWorld();
    using home = tempDir();
    using work = tempDir();
    backend.enqueue(
      ...toolCalls([{ name: "exec_command", arguments: { cmd: "echo 'An old silent pond' > haiku.txt" } }]),
    );
    backend.enqueue(...text("I wrote it."));
    // Not every machine that runs tests lets a process confine itself; the command is known.
    const args = [script, "--sandbox", "danger-full-access", "Write a haiku to haiku.txt"];
    const child = await startChild({
      command: join(import.meta.dirname, "..", "with-gateway.sh"),
      args,
      cwd: work.path,
      env: cleanEnv({
        ...outside.env,
        PATH: [dirname(codexProgram()), process.env.PATH].join(delimiter),
        HOME: home.path,
        TMPDIR: home.path,
        OPENAI_BASE_URL: backend.url,
        OPENAI_API_KEY: "sk-test",
      }),
      input: "",
    });
    const { code } = await child.exited;
    expect(code, child.stderr()).toBe(0);
    expect(child.stdout().trim()).toBe("I wrote it.");
    expect(readFileSync(work.join("haiku.txt"), "utf8")).toBe("An old silent pond\n");
    expect(backend.requests.map(({ body }) => body.model)).toEqual(["small", "small"]);
    expect(outside.attempts).toEqual([]);
    // Neither a gateway's data nor a home of Codex is left behind.
    expect(readdirSync(home.path).filter((name) => name.startsWith("tmp."))).toEqual([]);
  });
});

test("where there is no Codex, npx fetches the version that is tested here", async () => {
  using dir = tempDir();
  const bin = pathWithoutCodex(dir);
  writeFileSync(join(bin, "npx"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n", { mode: 0o755 });
  const child = await startChild({
    command: script,
    args: ["Say hello."],
    env: cleanEnv({ PATH: bin, TMPDIR: dir.path }),
    input: "",
  });
  const { code } = await child.exited;
  expect(code, child.stderr()).toBe(0);
  const given = child.stdout().trim().split("\n");
  expect(given.slice(0, 5)).toEqual([
    "--yes",
    `@openai/codex@${codexVersion()}`,
    "exec",
    "--profile",
    "gateway",
  ]);
  expect(given.at(-1)).toBe("Say hello.");
});

/** A folder with what the script calls, for a PATH on which no Codex of the machine's is. */
function pathWithoutCodex(dir: TempDir): string {
  const bin = dir.join("bin");
  mkdirSync(bin);
  for (const tool of ["dirname", "mktemp", "mkdir", "cp", "rm"]) {
    const found = (process.env.PATH ?? "").split(delimiter).find((folder) => existsSync(join(folder, tool)));
    symlinkSync(join(found ?? "/usr/bin", tool), join(bin, tool));
  }
  return bin;
}
