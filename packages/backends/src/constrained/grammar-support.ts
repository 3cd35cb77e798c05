import type { ServerFacts } from "../server/server-facts.ts";
import { type Thinking, thinkingOf } from "./thinking-of.ts";
import { vllmParameter } from "./vllm-parameter.ts";

/** How a server is told to hold its model's text to a grammar, as a configuration names it. */
export type GrammarParameter = "gbnf" | "structured_outputs" | "guided_grammar";

/** What a request has to say so that its answer is held to a grammar. */
export interface GrammarForm {
  parameter: GrammarParameter;
  /** True where the model's thoughts have to be switched off, since the grammar would apply to them, too. */
  withoutThoughts: boolean;
}

/**
 * Knows whether a server holds texts to grammars. llama.cpp does (`grammar`), from the very first token, so that a model
 * which thinks could not; vLLM does (`structured_outputs`, formerly `guided_grammar`) once the thoughts are over. They are
 * known by their lists of models; `configured` has the last word. Other servers are not told: they would ignore it.
 */
export class GrammarSupport {
  readonly #facts: ServerFacts;
  readonly #configured: GrammarParameter | "none" | undefined;

  constructor(facts: ServerFacts, configured: GrammarParameter | "none" | undefined) {
    this.#facts = facts;
    this.#configured = configured;
  }

  /**
   * The form of a request that is held to a grammar; undefined where the server cannot. With `mayThink` the model is left
   * its thoughts: one that would have to do without them is not asked in this way. Never rejects.
   */
  async find(mayThink: boolean, signal: AbortSignal): Promise<GrammarForm | undefined> {
    const parameter = this.#configured ?? (await this.#found(signal));
    if (parameter === undefined || parameter === "none") return undefined;
    if (parameter !== "gbnf") return { parameter, withoutThoughts: false };
    const thinking = await this.#thinking(signal);
    if (thinking === "always" || (thinking === "optional" && mayThink)) return undefined;
    return { parameter, withoutThoughts: thinking === "optional" };
  }

  async #found(signal: AbortSignal): Promise<GrammarParameter | undefined> {
    const kind = await this.#facts.kind(signal);
    if (kind === "vllm") return vllmParameter(await this.#facts.release(signal));
    return kind === "llama.cpp" ? "gbnf" : undefined;
  }

  /** What cannot be found out is what the configuration says: that it works. */
  async #thinking(signal: AbortSignal): Promise<Thinking> {
    const template = await this.#facts.chatTemplate(signal);
    if (template !== undefined) {
      const thinking = thinkingOf(template);
      return this.#configured === "gbnf" && thinking === "always" ? "never" : thinking;
    }
    return this.#configured === "gbnf" ? "never" : "always";
  }
}
