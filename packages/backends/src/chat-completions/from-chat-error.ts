import type { IncomingHttpHeaders } from "node:http";
import { ApiError, type ApiErrorInit, badRequest, internal, notFound } from "@gateway/protocol";
import { toLimitHeaders } from "../upstream/limit-headers.ts";
import { type Fault, parseFaultBody, toFault } from "./fault.ts";
import { overloadCodes, serverCodes, statusOfFault } from "./status-of-fault.ts";
import { toCallerParam } from "./to-caller-param.ts";
import { toWait, type Wait } from "./to-wait.ts";

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
 * 429 with their Retry-After, a server with too much to do that says so as 503, everything else as 500. `code` is the
 * backend's where it has one. What the answer says of limits in its headers goes with it. What only the operator can set
 * right, a used-up quota among it, is final.
 */
export function fromErrorAnswer({ status, headers, body }: ErrorAnswer, context: FaultContext): ApiError {
  const fault = redact(parseFaultBody(body), context);
  if (status >= 300 && status < 400) return redirected(status, headers, context);
  const told = { said: ` (status ${status})`, limits: toLimitHeaders(headers), wait: toWait(headers) };
  return toApiError(status, fault, context, told);
}

/**
 * The same for an error inside a stream, or in a body with status 200: its status is that of its code or type
 * ({@link statusOfFault}), and a code that the API has for a failed response is kept.
 */
export function fromErrorChunk(chunk: unknown, context: FaultContext): ApiError {
  const fault = redact(toFault(chunk), context);
  const status = statusOfFault(fault) ?? 500;
  if (status >= 500 && serverCodes.has(fault.code)) {
    const message = fault.message === "" ? `The backend '${context.backend}' failed.` : fault.message;
    return internal(message, { code: fault.code });
  }
  const said = fault.status === undefined ? "" : ` (status ${status})`;
  return toApiError(status, fault, context, { said, limits: undefined, wait: undefined });
}

/** What is known of an error beside its fault. */
interface Told {
  /** Its status in words, where the server has given one. */
  said: string;
  /** Headers about limits. */
  limits: Readonly<Record<string, string>> | undefined;
  wait: Wait | undefined;
}

function toApiError(
  status: number,
  fault: Fault,
  context: FaultContext,
  { said, limits: headers, wait }: Told,
): ApiError {
  const { backend } = context;
  const words = fault.message === "" ? "" : `: ${fault.message}`;
  const later = {
    retryAfter: wait?.seconds,
    headers: wait?.headers ? { ...headers, ...wait.headers } : headers,
  };
  if (isContextOverflow(fault)) {
    const message = fault.message === "" ? "The input is longer than the model's context." : fault.message;
    return badRequest(message, { code: "context_length_exceeded", param: "input", headers });
  }
  if (notForThisModel.test(fault.message))
    return badRequest(fault.message, { code: fault.code, param: "input", headers });
  if (status === 401 || status === 403) {
    // What the backend says of its key is for the operator: it may quote it.
    return internal(
      `The backend '${backend}' refused the gateway's credentials. Its key has to be set right.`,
      {
        code: "upstream_auth",
        isFinal: true,
        cause: new Error(`status ${status}${words}`),
      },
    );
  }
  if (isQuota(status, fault)) {
    const message =
      fault.message === "" ? `The quota at the backend '${backend}' is used up.` : fault.message;
    const code = fault.code ?? "insufficient_quota";
    return new ApiError(message, { status: 429, type: "insufficient_quota", code, headers, isFinal: true });
  }
  if (status === 429) {
    const message = fault.message === "" ? `The backend '${backend}' is over its rate limit.` : fault.message;
    return new ApiError(message, { status, ...toLimitKind(fault), ...later });
  }
  if (context.model !== undefined && isAboutModel(status, fault))
    return modelMissing(fault, context, headers);
  if (status === 408 || status === 504) {
    return internal(`The backend '${backend}' took too long (status ${status})${words}`, {
      code: "upstream_timeout",
      headers,
    });
  }
  if (status === 404 || status === 405) {
    return internal(
      `The backend '${backend}' has no such address (status ${status}). Its url has to be the base of an OpenAI-compatible API, as a rule one that ends in /v1.`,
      { code: "upstream_misconfigured", isFinal: true, cause: new Error(`status ${status}${words}`) },
    );
  }
  if (status === 413) {
    return badRequest(`The request is too large for the backend '${backend}'${words}`, {
      code: fault.code,
      headers,
    });
  }
  if (status >= 400 && status < 500) {
    const message =
      fault.message === "" ? `The backend '${backend}' refused the request${said}.` : fault.message;
    return badRequest(message, { code: fault.code, param: toCallerParam(fault.param), headers });
  }
  if (overloadCodes.has(fault.code)) {
    const message = fault.message === "" ? `The backend '${backend}' is overloaded.` : fault.message;
    return new ApiError(message, { status: 503, type: "server_error", code: fault.code, ...later });
  }
  return internal(`The backend '${backend}' failed${said}${words}`, { code: "upstream_error", ...later });
}

/** Whether it is a quota that is used up: one that has to be paid for, since waiting does not bring it back. */
function isQuota(status: number, { type, code }: Fault): boolean {
  return status === 402 || (status === 429 && [type, code].includes("insufficient_quota"));
}

/** Kind and code of a limit that was met: the server's own, as far as the API knows them. */
function toLimitKind({ type, code }: Fault): Pick<ApiErrorInit, "type" | "code"> {
  const known = type === "tokens" || type === "requests" ? type : "rate_limit_error";
  return { type: known, code: code ?? "rate_limit_exceeded" };
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

function modelMissing(
  { message }: Fault,
  { backend, model }: FaultContext,
  headers: Told["limits"],
): ApiError {
  return notFound(
    `The model '${model}' does not exist at the backend '${backend}'${message === "" ? "." : `: ${message}`}`,
    {
      param: "model",
      code: "model_not_found",
      headers,
    },
  );
}

function redirected(status: number, { location }: IncomingHttpHeaders, { backend }: FaultContext): ApiError {
  return internal(
    `The backend '${backend}' answered with a redirect (status ${status}), which is not followed. Its url has to be the final one.`,
    {
      code: "upstream_misconfigured",
      isFinal: true,
      cause: new Error(`location: ${location?.replace(/[?#].*$/, "")}`),
    },
  );
}

function redact(fault: Fault, { secret }: FaultContext): Fault {
  if (secret === undefined || secret === "") return fault;
  const { message, code, type, param } = fault;
  const withoutSecret = (word: string | null) => (word?.includes(secret) ? null : word);
  return {
    ...fault,
    message: message.replaceAll(secret, "***"),
    code: withoutSecret(code),
    type: withoutSecret(type),
    param: withoutSecret(param),
  };
}
