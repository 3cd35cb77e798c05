import { toWindow } from "./to-window.ts";

/** What llama.cpp tells at `GET /props` of its settings and its model. */
export interface Props {
  /** Tokens that one conversation has. */
  contextWindow: number | undefined;
  chatTemplate: string | undefined;
}

/** Reads the body of `GET /props`; nothing is known where it is no such thing. */
export function fromProps(body: unknown): Props {
  const props = (typeof body === "object" ? body : undefined) as
    | { default_generation_settings?: { n_ctx?: unknown } | null; chat_template?: unknown }
    | null
    | undefined;
  const template = props?.chat_template;
  return {
    contextWindow: toWindow(props?.default_generation_settings?.n_ctx),
    chatTemplate: typeof template === "string" && template !== "" ? template : undefined,
  };
}
