/** A mark of a chat template (`<|im_start|>`), not an operator of some language (`<|>`, `a <| b`). */
const templateMark = /<(?=([|｜])[^\s|｜<>]{1,64}\1>|(?:start|end)_of_turn>)/g;
/** A mark of ours (`【3】`), or what would be one if more followed; not the brackets of a heading. */
const sourceMark = /【(?=\s*\d)([^【】]*)(】?)/g;

/**
 * Text of strangers in which nothing passes for a mark of ours or of a chat template: many model servers take the latter
 * for the end of a message, wherever they stand. JSON stays JSON.
 */
export function defuse(text: string): string {
  return text
    .replace(templateMark, "< ")
    .replace(sourceMark, (_mark, inside: string, end: string) => `[${inside}${end && "]"}`);
}
