import type { ImageGenerationCallItem } from "@gateway/protocol";

/** A picture as a model is shown it: the call that made it, and that it was made. The picture itself is for the user. */
export function renderImageCall(item: ImageGenerationCallItem): { args: string; output: string } {
  const { revised_prompt: prompt, result, status, size } = item;
  const args = JSON.stringify({ prompt: prompt ?? "" });
  if (status !== "failed" && (result != null || status === "completed")) {
    const measure = typeof size === "string" && size !== "auto" ? ` It has ${size} pixels.` : "";
    return {
      args,
      output: `The picture was made and the user sees it already.${measure} Do not link to it or make it again; say about it what there is to say.`,
    };
  }
  const { message } = (item.error ?? {}) as { message?: unknown };
  const why = typeof message === "string" ? `: ${message}` : ".";
  return { args, output: `The picture could not be made${why}` };
}
