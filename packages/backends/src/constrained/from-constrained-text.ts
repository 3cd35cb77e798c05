import type { ModelDelta, TextConstraint } from "@gateway/engine";
import { newId } from "@gateway/protocol";

/**
 * Reads an answer whose text is the input of a tool: it becomes a call of that tool, with the arguments that a function of
 * one string has, while it is written. Thoughts and counts are passed on. A text that does not even begin as the grammar does
 * comes from a server that does not hold to it, and is marked as one that may be wrong.
 */
export function fromConstrainedText(
  answer: AsyncIterable<ModelDelta[]>,
  tool: string,
  constraint: TextConstraint,
): AsyncIterableIterator<ModelDelta[]> {
  return new ConstrainedText(answer, tool, constraint);
}

/** Not a generator: `return()` on one that was never read would not reach the answer. */
class ConstrainedText implements AsyncIterableIterator<ModelDelta[]> {
  readonly #answer: AsyncIterator<ModelDelta[]>;
  readonly #tool: string;
  readonly #constraint: TextConstraint;
  #begun = false;

  constructor(answer: AsyncIterable<ModelDelta[]>, tool: string, constraint: TextConstraint) {
    this.#answer = answer[Symbol.asyncIterator]();
    this.#tool = tool;
    this.#constraint = constraint;
  }

  async next(): Promise<IteratorResult<ModelDelta[], undefined>> {
    const read = await this.#answer.next();
    if (read.done) return { done: true, value: undefined };
    return { done: false, value: read.value.flatMap((delta) => this.#divert(delta)) };
  }

  async return(): Promise<IteratorResult<ModelDelta[], undefined>> {
    await this.#answer.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #divert(delta: ModelDelta): ModelDelta[] {
    switch (delta.kind) {
      case "text":
        return delta.text === "" ? [] : [...this.#begin(delta.text), toArguments(delta.text)];
      case "finish": {
        if (delta.reason !== "stop") return [delta];
        // A model that has written nothing has written an empty input.
        const end: ModelDelta = { kind: "arguments", key, text: '"}' };
        return [...this.#begin(""), end, { kind: "finish", reason: "tool_calls" }];
      }
      case "annotation":
        return [];
      default:
        return [delta];
    }
  }

  #begin(text: string): ModelDelta[] {
    if (this.#begun) return [];
    this.#begun = true;
    const { exact, mayBegin } = this.#constraint;
    const constrained = { exact: exact && text !== "" && mayBegin(text) };
    return [
      { kind: "call", key, callId: newId("call"), name: this.#tool, constrained },
      { kind: "arguments", key, text: '{"input":"' },
    ];
  }
}

/** No server numbers its calls like this. */
const key = -1;

function toArguments(text: string): ModelDelta {
  return { kind: "arguments", key, text: JSON.stringify(text).slice(1, -1) };
}
