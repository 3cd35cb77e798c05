import { expect, test } from "vitest";
import { cleanEnv } from "./clean-env.ts";
import { codexProgram, codexVersion } from "./codex.ts";
import { describeWith } from "./describe-with.ts";
import { startChild } from "./running-child.ts";
import { tempDir } from "./temp-dir.ts";

describeWith("codex", "a real Codex", () => {
  test("runs, in the version that is pinned", async () => {
    using home = tempDir();
    const child = await startChild({
      command: codexProgram(),
      args: ["--version"],
      env: cleanEnv({ CODEX_HOME: home.path }),
      input: "",
    });
    const { code } = await child.exited;
    expect(code, child.output()).toBe(0);
    expect(child.stdout()).toBe(`codex-cli ${codexVersion()}\n`);
  });
});
