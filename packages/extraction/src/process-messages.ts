import type { RefusalCode } from "./formats/refusal.ts";

/** What the gateway tells an extraction process; exactly so many bytes follow on its standard input. */
export interface ExtractMessage {
  filename: string;
  bytes: number;
  maxTextChars: number;
  maxUnpackedBytes: number;
}

/**
 * What an extraction process says: that it is ready, once; then for each file pieces of its text and `done`, or a
 * refusal. JSON carries it, since what a hostile file may have taken over is not to be trusted with more.
 */
export type ProcessMessage =
  | { type: "ready" }
  | { type: "text"; text: string }
  | { type: "done" }
  | { type: "refused"; code: RefusalCode; message: string };
