/** Names that change what a child process does without a test having asked for it. */
const foreign = [
  // keys and addresses of real providers, and settings of the gateway itself
  /^(OPENAI|AZURE|ANTHROPIC|OLLAMA|GATEWAY|OTEL|ENVOY|LLAMA)_/,
  /^(PORT|HOST)$/,
  // what the test runner sets for itself
  /^(VITEST|NODE_ENV|NODE_OPTIONS|TEST|DEV|PROD|MODE|BASE_URL|SSR|FORCE_COLOR|NO_COLOR)/,
  // parts find their modules in the parts folder only
  /^PYTHON(PATH|HOME|STARTUP)$/,
  // everything is on loopback
  /^(https?|all|no)_proxy$/i,
];

/**
 * The environment for a child process: this process's own without provider keys, gateway settings, proxies
 * and what the test runner added; `extra` is laid over it. A name given as undefined in `extra` is left out.
 */
export function cleanEnv(extra: Record<string, string | undefined> = {}): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !foreign.some((pattern) => pattern.test(name))) env[name] = value;
  }
  for (const [name, value] of Object.entries(extra)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}
