import type { CreateRequest, FunctionTool, Item } from "@gateway/protocol";
import type { ImageMaker } from "./images/image-maker.ts";
import type { ModelDelta } from "./model-delta.ts";
import type { TextConstraint } from "./tools/client/grammar/text-constraint.ts";

/** The input of a tool, which the model may be asked for by itself: its whole text is then the input of a call. */
export interface ConstrainedInput {
  /** The name that the tool is offered under. */
  tool: string;
  /** What the text has to be held to; undefined where a server cannot be told. Costs something when it is first asked. */
  constraint(): TextConstraint | undefined;
}

/**
 * What the model may or must call in this turn, after `tool_choice` was applied to the tools. With `input` the one tool
 * takes a text that has a grammar.
 */
export type TurnToolChoice = "none" | "auto" | "required" | { name: string; input?: ConstrainedInput };

/** What a server says of its caller's limits: headers `x-ratelimit-*` of its answer, by their names in lower case. */
export type ServerLimits = Readonly<Record<string, string>>;

/** Everything a backend needs for one call of the model. */
export interface ModelTurn {
  /** The caller's request: sampling parameters, formats and hints are read from it. */
  request: CreateRequest;
  /** The name the backend knows the model by. */
  model: string;
  /** The system text of this turn; null when there is none. */
  instructions: string | null;
  /** The whole context, oldest first: history, then this request's input. References are resolved. */
  items: readonly Item[];
  /** Ids of the items that stand for compacted context: no word of the user's. None where it is left out. */
  summaries?: ReadonlySet<string> | undefined;
  /** Where in the request's own input each of its items stands, by item id; for errors. */
  places: ReadonlyMap<string, number>;
  /** The functions offered in this turn (already the allowed subset). */
  tools: readonly FunctionTool[];
  toolChoice: TurnToolChoice;
  /**
   * Set where a call that the model made could not be used, since its input does not follow its grammar. A backend that
   * can asks for nothing but that input now; every other one does as if this were not there.
   */
  again?: ConstrainedInput | undefined;
  /** Tokens this turn may still produce; undefined for no limit. */
  maxOutputTokens: number | undefined;
  /** Is told of the limits that a good answer of the server names, before `open` resolves; not called where it names none. */
  onLimits?: ((limits: ServerLimits) => void) | undefined;
}

/** A model as listed by `GET /v1/models`. */
export interface ModelInfo {
  id: string;
  object: "model";
  created: number;
  owned_by: string;
  [key: string]: unknown;
}

/** How many tokens a model is shown. */
export interface TokenCount {
  tokens: number;
  /** False for an estimate: the server that runs the model could not be asked. */
  exact: boolean;
}

/** A server that runs models. */
export interface ModelBackend {
  readonly name: string;
  /** Makes pictures, where the same server does that too. */
  readonly images?: ImageMaker | undefined;
  /** True where it fetches pictures that are given by http or https URLs. */
  readonly fetchesImages?: boolean | undefined;
  /**
   * Starts a turn. Resolves when the backend has answered with a good status, before its first token;
   * throws an {@link ApiError} that says what the client should see otherwise (429 with its Retry-After,
   * 404 for the model, 400 for the request, 500 for everything that is not the client's fault).
   *
   * The stream yields what one network read brought, as a batch. It ends after `finish`; a connection that
   * ends earlier, an error in the stream or a silence beyond the idle limit throws an ApiError from the
   * iterator. Aborting `signal` ends the call at the backend at once, as does `return()` on the stream.
   *
   * Where the turn has an input that is to be held to a grammar, and the server that gets the turn can do that, the model
   * writes the input as its text, and the stream has it as a call (`constrained`).
   */
  open(turn: ModelTurn, signal: AbortSignal): Promise<AsyncIterable<ModelDelta[]>>;
  /**
   * Counts what the model would be shown in a turn, the template's own tokens included: by the server's tokenizer
   * where it has one, else an estimate. Throws as {@link open} does for a turn that cannot be sent; a server that
   * cannot be asked is no error.
   */
  countTokens(turn: ModelTurn, signal: AbortSignal): Promise<TokenCount>;
  /** Tokens that context and answer may come to together, where the server or the configuration tells. Never throws. */
  contextWindow(model: string, signal: AbortSignal): Promise<number | undefined>;
  /** The models it serves. Throws an ApiError when it cannot be asked. */
  listModels(signal: AbortSignal): Promise<ModelInfo[]>;
}

/** Where a model's requests go. */
export interface ModelRoute {
  backend: ModelBackend;
  /** The name to ask the backend for. */
  model: string;
}

/** Knows which backend serves which model. */
export interface ModelCatalog {
  /** Throws a 404 `model_not_found` that names the model and where it was looked for. */
  resolve(model: string): Promise<ModelRoute>;
  /** All models of all backends that answer; backends that do not are left out. */
  list(): Promise<ModelInfo[]>;
}
