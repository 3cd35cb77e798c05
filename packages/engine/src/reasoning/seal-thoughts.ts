import type { CreateRequest, OutputReasoning, ResponseObject } from "@gateway/protocol";
import type { EngineDeps } from "../engine-deps.ts";
import { openThought, sealThought } from "./sealed-thought.ts";

/** Gives the sealed form of a thought's text. */
export type SealText = (text: string) => string;

const wanted = "reasoning.encrypted_content";

/**
 * How the thoughts of a response are sealed; undefined where nobody wants them sealed. A caller whose response is not
 * stored has no other way to keep them, and need not ask.
 */
export function thoughtSealer(
  { include, store, model }: Pick<CreateRequest, "include" | "store" | "model">,
  tenant: string,
  { sealer, now }: Pick<EngineDeps, "sealer" | "now">,
): SealText | undefined {
  if (store !== false && include?.includes(wanted) !== true) return undefined;
  return (text) => sealThought({ text, model, at: Math.floor(now() / 1000) }, tenant, sealer);
}

/**
 * A stored response with its thoughts sealed where `include` asks for that. What it was sent with stays as it is, so
 * that it is the same each time; a thought that was not sealed at the time, or whose key is gone since, is sealed now.
 */
export function withSealedThoughts(
  response: ResponseObject,
  include: NonNullable<CreateRequest["include"]>,
  tenant: string,
  { sealer }: Pick<EngineDeps, "sealer">,
): ResponseObject {
  if (!include.includes(wanted)) return response;
  const { model, created_at: at } = response;
  const seal = (item: OutputReasoning): OutputReasoning => {
    const { encrypted_content: sealed } = item;
    if (sealed !== undefined && openThought(sealed, tenant, sealer) !== undefined) return item;
    const text = item.content.map((part) => part.text).join("\n");
    return { ...item, encrypted_content: sealThought({ text, model, at }, tenant, sealer) };
  };
  return {
    ...response,
    output: response.output.map((item) => (item.type === "reasoning" ? seal(item) : item)),
  };
}
