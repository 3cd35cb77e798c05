/** Whether a text is JSON, of whatever kind. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Arguments of a call as servers take them back, since many refuse what is not JSON: that is put into an object. */
export function toJsonArguments(args: string): string {
  return isJson(args) ? args : JSON.stringify({ input: args });
}
