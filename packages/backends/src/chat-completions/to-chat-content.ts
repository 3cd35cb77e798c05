import type { PartPath } from "@gateway/engine";
import { type ContentPart, type InputImage, internal, unprocessable } from "@gateway/protocol";
import type { ChatPart } from "./chat-request.ts";

type Content = string | readonly ContentPart[];

/**
 * The content of a user message. Text alone becomes one string, since many chat templates know nothing else.
 * Throws a 422 for what cannot be sent. Files are text by now: the engine has resolved them.
 */
export function toUserContent(content: Content, path: PartPath): string | ChatPart[] {
  if (typeof content === "string") return content;
  const parts = content.map((part, index) => toChatPart(part, (key) => path(index, key)));
  return parts.every((part) => part.type === "text") ? joinTexts(parts) : parts;
}

/** The text of a system or developer message. Throws a 422 where it holds anything but text. */
export function toSystemText(content: Content, path: PartPath): string {
  const rendered = toUserContent(content, path);
  if (typeof rendered === "string") return rendered;
  const index = rendered.findIndex(({ type }) => type !== "text");
  throw unprocessable("System and developer messages can only hold text.", {
    param: path(index, "type"),
    code: "unsupported_value",
  });
}

/** What the model said in an earlier message. Throws a 422 for parts that no model writes. */
export function toAssistantContent(content: Content, path: PartPath): { text: string; refusal: string } {
  if (typeof content === "string") return { text: content, refusal: "" };
  let text = "";
  let refusal = "";
  for (const [index, part] of content.entries()) {
    if (part.type === "output_text" || part.type === "input_text") text += part.text;
    else if (part.type === "refusal") refusal += part.refusal;
    else {
      throw unprocessable(`A part of type '${part.type}' cannot be in an assistant message.`, {
        param: path(index, "type"),
        code: "unsupported_value",
      });
    }
  }
  return { text, refusal };
}

/**
 * What a function answered. The tool role holds text only; images are given apart, to be sent in a user
 * message behind it.
 */
export function toToolContent(output: Content, path: PartPath): { text: string; images: ChatPart[] } {
  const rendered = toUserContent(output, path);
  if (typeof rendered === "string") return { text: rendered, images: [] };
  return {
    text: joinTexts(rendered.filter((part) => part.type === "text")),
    images: rendered.filter((part) => part.type !== "text"),
  };
}

function joinTexts(parts: readonly { text: string }[]): string {
  return parts.map(({ text }) => text).join("\n");
}

function toChatPart(part: ContentPart, path: (key: string) => string): ChatPart {
  switch (part.type) {
    case "input_text":
    case "output_text":
      return { type: "text", text: part.text };
    case "refusal":
      return { type: "text", text: part.refusal };
    case "input_image":
      return toImagePart(part, path);
    case "input_file":
      throw internal("A file was not resolved before the model was called.");
    case "input_audio": {
      const { data, format } = part.input_audio;
      return { type: "input_audio", input_audio: { data, format } };
    }
  }
}

function toImagePart({ image_url: url, detail }: InputImage, path: (key: string) => string): ChatPart {
  if (url == null || url === "") {
    throw unprocessable("An input_image needs 'image_url'.", {
      param: path("image_url"),
      code: "missing_required_parameter",
    });
  }
  if (detail == null) return { type: "image_url", image_url: { url } };
  // Chat completions have no "original"; "high" is the closest.
  return { type: "image_url", image_url: { url, detail: detail === "original" ? "high" : detail } };
}
