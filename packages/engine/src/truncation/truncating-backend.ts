import { ApiError, badRequest, type CreateRequest } from "@gateway/protocol";
import type { RequestScope } from "../engine-deps.ts";
import { ForwardingBackend } from "../forwarding-backend.ts";
import type { ModelBackend, ModelRoute, ModelTurn, TokenCount } from "../model-backend.ts";
import type { ModelDelta } from "../model-delta.ts";
import { dropUnits, type Fitted, type Fitting, fitTurn, openFitting } from "./fit-turn.ts";
import { readOverflowFigures } from "./overflow-figures.ts";

/** How often a turn is sent in all before the server's refusal is passed on. */
const mostAttempts = 4;
/** Room for the answer where the caller names no limit: this share of the window, and at most so many tokens. */
const answerRoom = { share: 1 / 8, most: 16_384 };
/** Estimates are taken to be too low by a tenth, until a refusal tells by how much they are. */
const usualScale = 1.1;
/** Of a context that is too long, and no one says by how much, this share is tried next. */
const nextShare = 0.6;

/** How much of a context was left out. */
export interface LeftOut {
  /** Items that were dropped. */
  items: number;
  /** Items that there were. */
  of: number;
}

/** What a context may come to, as far as it is known. */
interface Limits {
  /** In tokens, the answer included. */
  window: number | undefined;
  /** True for the window that a server has told in its refusal. */
  told: boolean;
  /** Real tokens for one that is estimated. */
  scale: number;
}

/** A route whose backend may send less than the whole of a turn. */
export interface FittedRoute extends ModelRoute {
  /** The count of a turn as the backend would send it first. Throws as `ModelBackend.countTokens` does. */
  countSent(turn: ModelTurn, signal: AbortSignal): Promise<TokenCount>;
}

/** The route of a request: its backend is made a {@link TruncatingBackend} where the request asks for that. */
export function toTruncating(
  { backend, model }: ModelRoute,
  { truncation }: CreateRequest,
  { onFault }: Pick<RequestScope, "onFault">,
): FittedRoute {
  if (truncation !== "auto")
    return { backend, model, countSent: (turn, signal) => backend.countTokens(turn, signal) };
  const onLeftOut = ({ items, of }: LeftOut): void =>
    onFault(`truncation: ${items} of ${of} items were left out of the context`);
  const truncating = new TruncatingBackend(backend, onLeftOut);
  return {
    backend: truncating,
    model,
    countSent: (turn, signal) => truncating.countFitted(turn, signal),
  };
}

/**
 * A backend with `truncation: "auto"`: what does not fit the model's context window is left out, oldest first and by
 * whole units (see `droppableUnits`). Where the window is known, a turn is fitted before it is sent. Where it is not,
 * or the server finds it too long all the same, it is sent again with less, a few times. `countTokens` counts a turn as
 * it is, whole.
 */
export class TruncatingBackend extends ForwardingBackend {
  readonly #onLeftOut: (leftOut: LeftOut) => void;
  /** What a refusal has taught holds for the later turns of a response, too. */
  #learnt: Partial<Limits> = {};

  /** `onLeftOut` is told of every turn that is sent without some of its items. */
  constructor(backend: ModelBackend, onLeftOut: (leftOut: LeftOut) => void) {
    super(backend);
    this.#onLeftOut = onLeftOut;
  }

  /**
   * Like the backend's own. Throws a 400 `context_length_exceeded` where what has to stay is too long by the server's
   * own count; where that is only an estimate, or not known, it is the server that refuses.
   */
  override async open(turn: ModelTurn, signal: AbortSignal): Promise<AsyncIterable<ModelDelta[]>> {
    const fitting = openFitting(turn);
    let sent = await this.#fit(fitting, 0, signal);
    for (let attempt = 2; ; attempt++) {
      try {
        const stream = await this.backend.open(sent.turn, signal);
        this.#tell(turn, sent);
        return stream;
      } catch (thrown) {
        const most = fitting.units.length;
        if (!isOverflow(thrown) || sent.dropped >= most || attempt > mostAttempts) throw thrown;
        await this.#learn(thrown, sent, signal);
        sent =
          attempt === mostAttempts ? toSmallest(fitting) : await this.#fit(fitting, sent.dropped + 1, signal);
      }
    }
  }

  /** The count of a turn as {@link open} would send it first. Throws what `open` throws before it asks the server. */
  async countFitted(turn: ModelTurn, signal: AbortSignal): Promise<TokenCount> {
    const fitted = await this.#fit(openFitting(turn), 0, signal);
    return fitted.count ?? this.backend.countTokens(fitted.turn, signal);
  }

  async #fit(fitting: Fitting, atLeast: number, signal: AbortSignal): Promise<Fitted> {
    const { turn, left } = fitting;
    const { window, scale, told } = await this.#limits(turn.model, signal);
    if (window === undefined) {
      const aim = (left[Math.max(0, atLeast - 1)] as number) * nextShare;
      const dropped =
        atLeast === 0 ? 0 : left.findIndex((weight, index) => index >= atLeast && weight <= aim);
      return dropped < 0
        ? toSmallest(fitting)
        : { turn: dropUnits(fitting, dropped), dropped, count: undefined, fits: true };
    }
    const budget = budgetOf(window, turn.maxOutputTokens, told);
    const fitted = await fitTurn(fitting, { budget, scale, atLeast }, this.backend, signal);
    const { fits, count } = fitted;
    if (!fits && count?.exact === true && count.tokens >= window) throw tooLong(count.tokens, window);
    return fitted;
  }

  async #limits(model: string, signal: AbortSignal): Promise<Limits> {
    const {
      window = await this.backend.contextWindow(model, signal),
      told = false,
      scale = usualScale,
    } = this.#learnt;
    return { window, told, scale };
  }

  /** Takes up what a refusal says about the window, and how far off the estimates are. */
  async #learn(refusal: ApiError, sent: Fitted, signal: AbortSignal): Promise<void> {
    const { window, context } = readOverflowFigures(refusal.message);
    if (window !== undefined) this.#learnt = { ...this.#learnt, window, told: true };
    if (context === undefined) return;
    const { tokens, exact } = sent.count ?? (await this.backend.countTokens(sent.turn, signal));
    if (!exact && tokens > 0) this.#learnt.scale = (context / tokens) * 1.05;
  }

  #tell({ items }: ModelTurn, { turn }: Fitted): void {
    const dropped = items.length - turn.items.length;
    if (dropped > 0) this.#onLeftOut({ items: dropped, of: items.length });
  }
}

/**
 * Tokens that a context may come to. A limit of the answer that takes more than half of the window is often only a
 * careless one, and some servers do not mind: it is given that half until the server has refused.
 */
function budgetOf(window: number, maxOutputTokens: number | undefined, told: boolean): number {
  const usual = Math.min(window * answerRoom.share, answerRoom.most);
  const asked = maxOutputTokens ?? usual;
  return Math.floor(window - Math.min(asked, told ? window : window / 2));
}

function toSmallest(fitting: Fitting): Fitted {
  const dropped = fitting.units.length;
  return { turn: dropUnits(fitting, dropped), dropped, count: undefined, fits: false };
}

function isOverflow(thrown: unknown): thrown is ApiError {
  return thrown instanceof ApiError && thrown.code === "context_length_exceeded";
}

function tooLong(tokens: number, window: number): ApiError {
  return badRequest(
    `The input is too long: without its older items it still comes to ${tokens} tokens, and the model's context window holds ${window}. Shorten the last message, the instructions or the tools.`,
    { code: "context_length_exceeded", param: "input" },
  );
}
