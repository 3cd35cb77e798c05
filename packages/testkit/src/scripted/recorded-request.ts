import type { IncomingHttpHeaders } from "node:http";

/** A message of a chat request, as far as tests look at it. */
export interface ChatMessage {
  role: string;
  content?: unknown;
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[];
  tool_call_id?: string;
  [field: string]: unknown;
}

/** The JSON body of a request, as far as tests look at it; nothing is checked. */
export interface ChatRequestBody {
  model?: string;
  messages?: ChatMessage[];
  tools?: { type: string; function: { name: string; [field: string]: unknown } }[];
  stream?: boolean;
  [field: string]: unknown;
}

/** One request as the backend got it, and what became of it. */
export interface RecordedRequest {
  /** 1 for the first request. */
  readonly number: number;
  readonly method: string;
  /** Path with the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as text. */
  readonly text: string;
  /** The body as JSON; an empty object when it is none. */
  readonly body: ChatRequestBody;
  /** Milliseconds of `performance.now()` when the body had arrived, the answer began and the exchange ended. */
  readonly at: { received: number; began?: number; ended?: number };
  /** "open", then how it ended: answered in full, hung up by the caller, or cut by the script or by `stop`. */
  readonly state: "open" | "answered" | "aborted" | "cut";
  /** True once the caller has hung up before the answer was complete. */
  readonly aborted: boolean;
  /** Settles when the caller hangs up before the answer is complete; stays open otherwise. */
  readonly whenAborted: Promise<void>;
  /** Settles when the exchange has ended, in whichever way. */
  readonly whenEnded: Promise<void>;
}
