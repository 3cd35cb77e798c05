import { cleanEnv } from "./clean-env.ts";
import { startChild } from "./running-child.ts";

/** How long one install may take, in milliseconds: it fetches up to 170 MB. */
export const installTimeoutMs = 600_000;

/**
 * Runs pip, npm or what they have installed, to its end; killed after `installTimeoutMs`. A failure is a result.
 *
 * @throws Error when the command cannot be started; the message names it.
 */
export async function runInstaller(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; output: string }> {
  // Installers do reach out: the caller's proxy settings are kept for them.
  const { http_proxy, https_proxy, no_proxy, HTTP_PROXY, HTTPS_PROXY, NO_PROXY } = process.env;
  const proxies = { http_proxy, https_proxy, no_proxy, HTTP_PROXY, HTTPS_PROXY, NO_PROXY };
  const child = await startChild({ command, args, env: cleanEnv({ ...proxies, ...env }), input: "" });
  const timer = setTimeout(() => child.kill("SIGKILL"), installTimeoutMs);
  const { code } = await child.exited;
  clearTimeout(timer);
  return { code, output: child.output() };
}

/** The line of a program's output that says what went wrong: pip and Node mark it, Python puts it last. */
export function lastError(output: string): string {
  const lines = output.trim().split("\n");
  return lines.findLast((line) => /^(ERROR|Error): /.test(line)) ?? lines.at(-1) ?? "no message";
}
