import { errorAnswer, type RecordedRequest, type Script, text } from "@gateway/testkit";

/** What the model was shown, as `role: text`, message by message. */
export function shownTo({ body }: Pick<RecordedRequest, "body">): string[] {
  return (body.messages ?? []).map(({ role, content }) => `${role}: ${String(content)}`);
}

/** True for a request for hand-over notes. */
export function asksForNotes({ body }: Pick<RecordedRequest, "body">): boolean {
  return String(body.messages?.[0]?.content).startsWith("You write hand-over notes.");
}

/** The answers of {@link notingModel}; what is left out is said as written here. */
export interface NotingModel {
  notes?: Script;
  answer?: (request: RecordedRequest) => Script;
}

/**
 * A model that writes the notes it is asked for, and answers everything else with how many messages it was shown and the
 * last of them. Notes count 50 tokens in and 7 out, answers 10 and 5.
 */
export function notingModel({
  notes = text("The user is called Ada.", { usage: { prompt: 50, completion: 7 } }),
  answer = (request) => text(answerTo(request), { usage: { prompt: 10, completion: 5 } }),
}: NotingModel = {}): (request: RecordedRequest) => Script {
  return (request) => {
    // A gateway that looks for a tokenizer finds none.
    if (!request.path.endsWith("/chat/completions")) return errorAnswer(404);
    return asksForNotes(request) ? notes : answer(request);
  };
}

/** What the model says to a request. */
function answerTo(request: RecordedRequest): string {
  const shown = shownTo(request);
  return `${shown.length} messages, the last: ${shown.at(-1)}`;
}

/** The chat requests among all, in order. */
export function chatsOf(requests: readonly RecordedRequest[]): RecordedRequest[] {
  return requests.filter(({ path }) => path.endsWith("/chat/completions"));
}
