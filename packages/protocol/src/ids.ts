import { randomUUIDv7 } from "node:crypto";

/** Prefixes that clients rely on, by what the id names. */
export type IdPrefix =
  | "resp"
  | "conv"
  | "req"
  | "call"
  | "item"
  | "msg"
  | "rs"
  | "fc"
  | "fco"
  | "ctc"
  | "ctco"
  | "fs"
  | "ws"
  | "mcpl"
  | "mcp"
  | "mcpr"
  | "ci"
  | "cntr"
  | "cfile"
  | "ig"
  | "cu"
  | "cuo"
  | "sh"
  | "sho"
  | "lsh"
  | "lsho"
  | "apc"
  | "apco"
  | "tsc"
  | "tso"
  | "at"
  | "cfg"
  | "cmp"
  | "steer"
  | "vs"
  | "vsfb"
  | "upload"
  | "part"
  | "pmpt"
  | "connector";

/** A fresh id: the prefix and 32 hex digits that sort by time (UUID version 7, RFC 9562). */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${newKey()}`;
}

/** A fresh id of a file. Here the API joins with a dash. */
export function newFileId(): string {
  return `file-${newKey()}`;
}

function newKey(): string {
  const uuid = randomUUIDv7();
  return uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24);
}

/**
 * The id of the `ordinal`-th item of a response: the item's prefix, the response's own 32 digits, the
 * ordinal in four hex digits. A reference to an item is thereby resolved by one look-up of its response,
 * and no row per item has to be written.
 */
export function itemIdOf(responseId: string, prefix: IdPrefix, ordinal: number): string {
  return `${prefix}_${responseId.slice(5)}${ordinal.toString(16).padStart(4, "0")}`;
}

/** The response that minted an item's id ({@link itemIdOf}), or undefined where the id has another form. */
export function responseIdOfItem(itemId: string): string | undefined {
  const match = /^[a-z]+_([0-9a-f]{32})[0-9a-f]{4}$/.exec(itemId);
  return match ? `resp_${match[1]}` : undefined;
}

/** The prefix OpenAI gives an item of this type; `item` for types that have none. */
export function itemPrefix(type: string): IdPrefix {
  return prefixes[type] ?? "item";
}

const prefixes: Readonly<Record<string, IdPrefix>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  function_call_output: "fco",
  custom_tool_call: "ctc",
  custom_tool_call_output: "ctco",
  file_search_call: "fs",
  web_search_call: "ws",
  mcp_list_tools: "mcpl",
  mcp_call: "mcp",
  mcp_approval_request: "mcpr",
  code_interpreter_call: "ci",
  image_generation_call: "ig",
  computer_call: "cu",
  computer_call_output: "cuo",
  shell_call: "sh",
  shell_call_output: "sho",
  local_shell_call: "lsh",
  local_shell_call_output: "lsho",
  apply_patch_call: "apc",
  apply_patch_call_output: "apco",
  tool_search_call: "tsc",
  tool_search_output: "tso",
  additional_tools: "at",
  configuration_update: "cfg",
  compaction: "cmp",
};
