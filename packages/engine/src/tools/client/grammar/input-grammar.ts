import { type CustomTool, unprocessable } from "@gateway/protocol";
import type { Effort } from "./effort.ts";
import { GrammarFault } from "./grammar-fault.ts";
import { openLarkGrammar } from "./lark-grammar.ts";
import { openRegexGrammar } from "./regex-grammar.ts";
import type { TextConstraint } from "./text-constraint.ts";

/** What the input of a custom tool has to look like. */
export interface InputGrammar {
  /** For the model. */
  readonly note: string;
  /** The same as a `pattern` of JSON Schema, where every server that reads such patterns understands it alike. */
  readonly pattern?: string | undefined;
  /** What a server can hold a text to; undefined where that cannot be said. Found out when it is first asked for. */
  constraint(): TextConstraint | undefined;
  /**
   * Says what is wrong with an input; `undecided` where it is longer than {@link longestInput}, or finding out would take
   * more than the effort. Throws the reason of the effort's signal once that is aborted.
   */
  check(input: string, effort: Effort): Promise<string | "undecided" | undefined>;
}

/**
 * Reads the grammar of a custom tool; undefined where any text will do. `param` is the path of its format. Throws a 422
 * for a grammar that cannot be read.
 */
export function openInputGrammar(format: CustomTool["format"], param: string): InputGrammar | undefined {
  if (format?.type !== "grammar") return undefined;
  const { syntax, definition } = format;
  try {
    return syntax === "regex" ? openRegexGrammar(definition) : openLarkGrammar(definition);
  } catch (thrown) {
    if (!(thrown instanceof GrammarFault)) throw thrown;
    throw unprocessable(`The ${syntax} grammar cannot be read: ${thrown.message}`, {
      param: `${param}.definition`,
      code: "invalid_value",
    });
  }
}
