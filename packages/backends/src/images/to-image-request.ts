import type { ImageOrder } from "@gateway/engine";

/** Where images endpoints differ. */
export interface ImagesDialect {
  /** The model that is asked for, whatever the caller says. */
  model?: string | undefined;
  /** The model where neither says any. */
  usualModel?: string | undefined;
  /** True where pictures come in base64 only when `response_format` says so; OpenAI's newer models refuse that key. */
  asksBase64: boolean;
}

/** The body of `POST /images/generations`. Only what the caller set is sent, so that the server's own defaults hold. */
export function toImageRequest(order: ImageOrder, dialect: ImagesDialect): Record<string, unknown> {
  const model = dialect.model ?? order.model ?? dialect.usualModel;
  const body = {
    model,
    prompt: order.prompt,
    n: 1,
    size: order.size,
    quality: order.quality,
    background: order.background,
    output_format: order.outputFormat,
    output_compression: order.outputCompression,
    moderation: order.moderation,
    ...((dialect.asksBase64 || model?.startsWith("dall-e") === true) && { response_format: "b64_json" }),
    ...(order.partialImages > 0 && { stream: true, partial_images: order.partialImages }),
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}
