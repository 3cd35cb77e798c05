import { expect, test } from "vitest";
import { describeWith } from "./describe-with.ts";
import { runPython } from "./python-sdk.ts";
import { text } from "./scripted/presets.ts";
import { startScriptedBackend } from "./scripted-backend.ts";

describeWith("openai-python", "the OpenAI Python SDK", () => {
  test("talks to a scripted backend", async () => {
    await using backend = await startScriptedBackend();
    backend.enqueue(text("Hello from the script"));
    const script = `
import openai
client = openai.OpenAI()
stream = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}], stream=True)
print("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))
`;
    const result = await runPython(script, { env: { OPENAI_BASE_URL: backend.url, OPENAI_API_KEY: "k" } });
    expect(result).toEqual({ stdout: "Hello from the script\n", stderr: "", code: 0 });
    expect(backend.requests[0]?.headers.authorization).toBe("Bearer k");
  });

  test("gets arguments, and no settings of the caller", async () => {
    const script = "import os, sys; print(sys.argv[1:], os.environ.get('OPENAI_API_KEY'))";
    const { stdout } = await runPython(script, { args: ["a", "b c"] });
    expect(stdout).toBe("['a', 'b c'] None\n");
  });

  test("a script that fails is a result with its code and traceback", async () => {
    const { code, stderr } = await runPython("raise SystemExit('no such model')");
    expect(code).toBe(1);
    expect(stderr).toBe("no such model\n");
  });

  test("a script that hangs is killed, and its output told", async () => {
    const running = runPython("print('waiting', flush=True)\nimport time; time.sleep(600)", {
      timeoutMs: 4000,
    });
    await expect(running).rejects.toThrow(/killed after 4000 ms\nwaiting/);
  });
});
