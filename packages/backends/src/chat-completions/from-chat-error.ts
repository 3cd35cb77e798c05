import type { IncomingHttpHeaders } from "node:http";
import { ApiError, badRequest, internal, notFound } from "@gateway/protocol";
import { type Fault, parseFaultBody, toFault } from "./fault.ts";
import { toCallerParam } from "./to-caller-param.ts";
import { toRetryAfter } from "./to-retry-after.ts";

/** Who failed, and with what. */
export interface FaultContext {
  backend: string;
  /** The model that was asked for; undefined for requests about no model. */
  model: string | undefined;
  /** What must not be seen in a message. */
  secret: string | undefined;
}

/** An answer with a status that is not good. */
export interface ErrorAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * Says what a client should see of a backend's error answer: the client's own faults as 400 or 404, limits as
 * 429 with their Retry-After, everything else as 500. `code` is the backend's where it has one.
 */
export function fromErrorAnswer({ status, headers, body }: ErrorAnswer, context: FaultContext): ApiError {
  const fault = redact(parseFaultBody(body), context);
  if (status >= 300 && status < 400) return redirected(status, headers, context);
  return toApiError(status, fault, context, toRetryAfter(headers));
}

/** The same for an error inside a stream, or in a body with status 200. */
export function fromErrorChunk(chunk: unknown, context: FaultContext): ApiError {
  const fault = redact(toFault(chunk), context);
  return toApiError(fault.status ?? 500, fault, context, undefined);
}

function toApiError(
  status: number,
  fault: Fault,
  context: FaultContext,
  retryAfter: number | undefined,
): ApiError {
  const { backend } = context;
  const said = fault.message === "" ? "" : `: ${fault.message}`;
  if (isContextOverflow(fault)) {
    const message = fault.message === "" ? "The input is longer than the model's context." : fault.message;
    return badRequest(message, { code: "context_length_exceeded", param: "input" });
  }
  if (notForThisModel.test(fault.message))
    return badRequest(fault.message, { code: fault.code, param: "input" });
  if (status === 401 || status === 403) {
    // What the backend says of its key is for the operator: it may quote it.
    return internal(
      `The backend '${backend}' refused the gateway's credentials. Its key has to be set right.`,
      {
        code: "upstream_auth",
        cause: new Error(`status ${status}${said}`),
      },
    );
  }
  if (status === 429 || status === 402) {
    const code = fault.code ?? (status === 402 ? "insufficient_quota" : "rate_limit_exceeded");
    const message = fault.message === "" ? `The backend '${backend}' is over its rate limit.` : fault.message;
    return new ApiError(message, { status: 429, type: "rate_limit_error", code, retryAfter });
  }
  if (context.model !== undefined && isAboutModel(status, fault)) return modelMissing(fault, context);
  if (status === 408 || status === 504) {
    return internal(`The backend '${backend}' took too long (status ${status})${said}`, {
      code: "upstream_timeout",
    });
  }
  if (status === 404 || status === 405) {
    return internal(
      `The backend '${backend}' has no such address (status ${status}). Its url has to be the base of an OpenAI-compatible API, as a rule one that ends in /v1.`,
      { code: "upstream_misconfigured", cause: new Error(`status ${status}${said}`) },
    );
  }
  if (status === 413) {
    return badRequest(`The request is too large for the backend '${backend}'${said}`, { code: fault.code });
  }
  if (status >= 400 && status < 500) {
    const message =
      fault.message === ""
        ? `The backend '${backend}' refused the request (status ${status}).`
        : fault.message;
    return badRequest(message, { code: fault.code, param: toCallerParam(fault.param) });
  }
  return internal(`The backend '${backend}' failed (status ${status})${said}`, {
    code: "upstream_error",
    retryAfter,
  });
}

/** Wordings of OpenAI, Gemini, vLLM, llama.cpp, Ollama, SGLang, LM Studio and TGI for a prompt that is too long. */
const overflow =
  /context[ _](length|size|window)( has been)?[ _]exceeded|exceeds? (the |this )?(available |model'?s |maximum )*(context|input) (length|size|window)|maximum context length|longer than the (model's context|maximum model length)|exceeds the maximum number of tokens|exceed context window|context the overflows|prompt is too long|input is too long|must be <= \d+.*max_new_tokens|max_new_tokens.*must be <= \d+/i;

/** llama.cpp's word for a picture or sound that its model cannot take; it comes with status 500. */
const notForThisModel = /\b(image|audio|vision) input is not supported/i;

function isContextOverflow({ code, type, message }: Fault): boolean {
  return code === "context_length_exceeded" || type === "exceed_context_size_error" || overflow.test(message);
}

function isAboutModel(status: number, { code, param, message }: Fault): boolean {
  if (code === "model_not_found") return true;
  return status === 404 && (param === "model" || /\bmodel\b/i.test(message));
}

function modelMissing({ message }: Fault, { backend, model }: FaultContext): ApiError {
  return notFound(
    `The model '${model}' does not exist at the backend '${backend}'${message === "" ? "." : `: ${message}`}`,
    {
      param: "model",
      code: "model_not_found",
    },
  );
}

function redirected(status: number, { location }: IncomingHttpHeaders, { backend }: FaultContext): ApiError {
  return internal(
    `The backend '${backend}' answered with a redirect (status ${status}), which is not followed. Its url has to be the final one.`,
    { code: "upstream_misconfigured", cause: new Error(`location: ${location?.replace(/[?#].*$/, "")}`) },
  );
}

function redact(fault: Fault, { secret }: FaultContext): Fault {
  if (secret === undefined || secret === "") return fault;
  return { ...fault, message: fault.message.replaceAll(secret, "***") };
}
