import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cleanEnv } from "./clean-env.ts";
import { startChild } from "./running-child.ts";
import { tempDir } from "./temp-dir.ts";

describe("a temp folder", () => {
  test("is there inside its block and gone with its files after it", () => {
    let path: string;
    {
      using dir = tempDir();
      path = dir.path;
      writeFileSync(dir.join("a.txt"), "a");
      expect(existsSync(join(path, "a.txt"))).toBe(true);
    }
    expect(existsSync(path)).toBe(false);
  });

  test("may be removed twice", () => {
    const dir = tempDir();
    dir.remove();
    dir.remove();
    expect(existsSync(dir.path)).toBe(false);
  });

  test("is removed when the process exits, also after a throw", async () => {
    const script = `
      import { tempDir } from ${JSON.stringify(join(import.meta.dirname, "temp-dir.ts"))};
      console.log(tempDir().path);
      throw new Error("test failed");`;
    const args = ["--input-type=module", "-e", script];
    const child = await startChild({ command: process.execPath, args, env: cleanEnv() });
    expect(await child.exited).toEqual({ code: 1, signal: null });
    const path = child.stdout().trim();
    expect(path).toContain("gateway-test-");
    expect(existsSync(path)).toBe(false);
  });
});
