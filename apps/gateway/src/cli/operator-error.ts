/**
 * One sentence for trouble that an operator can end, with the next step; undefined for errors that
 * need their stack to be understood. Errors that are written for operators speak for themselves.
 */
export function describeOperatorError(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code, address, port } = current as NodeJS.ErrnoException & { address?: string; port?: number };
    const where = address === undefined ? "the address" : `${address}:${port}`;
    if (code === "EADDRINUSE") {
      return `Cannot listen on ${where}: another program does. Stop it, or choose another address with --http-listen or --extproc-listen.`;
    }
    if (code === "EACCES" && port !== undefined) {
      return `Cannot listen on ${where}: this user may not. Ports below 1024 often need a privilege; choose another.`;
    }
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      return `Cannot listen on ${where}: this machine has no such address.`;
    }
  }
  if (error instanceof Error && operatorErrorNames.has(error.name)) return error.message;
  return undefined;
}

/** Names of errors whose message says what happened and what to do. By name, so that none is loaded for it. */
const operatorErrorNames = new Set(["StoreError", "ConfigError"]);
