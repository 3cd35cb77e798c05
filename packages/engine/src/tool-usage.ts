import type { ToolUsage } from "@gateway/protocol";
import type { ImageTokens } from "./images/image-maker.ts";

/** What one call of a tool has used. */
export interface ToolUse {
  /** Queries that were put to a search engine. */
  searches?: number | undefined;
  image?: ImageTokens | undefined;
}

/** What a response reports before any tool was used. */
export const noToolUsage: ToolUsage = {
  image_gen: {
    input_tokens: 0,
    input_tokens_details: { image_tokens: 0, text_tokens: 0 },
    output_tokens: 0,
    output_tokens_details: { image_tokens: 0, text_tokens: 0 },
    total_tokens: 0,
  },
  web_search: { num_requests: 0 },
};

/** The sum of what was used before and by one more call; a new object. */
export function addToolUse(before: ToolUsage, { searches = 0, image }: ToolUse): ToolUsage {
  const { image_gen: sum, web_search: web } = before;
  const { input_tokens_details: into, output_tokens_details: out } = sum;
  return {
    image_gen:
      image === undefined
        ? sum
        : {
            input_tokens: sum.input_tokens + image.input,
            input_tokens_details: {
              image_tokens: into.image_tokens + image.inputImage,
              text_tokens: into.text_tokens + image.inputText,
            },
            output_tokens: sum.output_tokens + image.output,
            output_tokens_details: {
              image_tokens: out.image_tokens + image.outputImage,
              text_tokens: out.text_tokens + image.outputText,
            },
            total_tokens: sum.total_tokens + image.input + image.output,
          },
    web_search: { num_requests: web.num_requests + searches },
  };
}
