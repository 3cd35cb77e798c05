import type { Item, ResponseObject } from "@gateway/protocol";
import { type CompactionContent, openCompaction } from "../compaction/compaction-content.ts";
import { type EngineWorld, plainSealer, say } from "./engine-world.ts";

/** Asks for a compaction from 2,000 tokens on; a token is a character here. */
export const manage = { context_management: [{ type: "compaction", compact_threshold: 2_000 }] };

/** A text that is longer than that. */
export const long = "All work and no play makes a dull day. ".repeat(60);

/** A conversation whose first half is too long. */
export const talk = [
  { role: "developer", content: "Be brief." },
  { role: "user", content: long },
  { role: "assistant", content: "So it is." },
  { role: "user", content: "And now?" },
];

/** Turns of a model that writes notes, and that answers. */
export const notes = [
  [say.text("Notes: "), say.text("a dull day.")],
  [say.stop, say.usage(100, 30)],
];
export const answer = [[say.text("Right."), say.stop, say.usage(10, 5)]];

/** What the model was shown in a turn: `role: text` of messages, the type of others. */
export function shown(world: EngineWorld, turn: number): string[] {
  return (world.model.seen[turn]?.turn.items ?? []).map(inShort);
}

/** A message as `role: text`, anything else as its type. */
export function inShort(item: Item): string {
  if (item.type !== "message") return item.type;
  const { content } = item;
  const text =
    typeof content === "string"
      ? content
      : content.map((part) => ("text" in part ? part.text : part.type)).join("");
  return `${item.role}: ${text}`;
}

/** What the compactions in an output say. */
export function contentsOf({ output }: Pick<ResponseObject, "output">): (CompactionContent | undefined)[] {
  return output.flatMap((item) =>
    item.type === "compaction" ? [openCompaction(item.encrypted_content, "acme", plainSealer)] : [],
  );
}
