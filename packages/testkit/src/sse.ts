/** One server-sent event as it was on the wire. */
export interface SseEvent {
  /** The `event` field; undefined when there was none. */
  event: string | undefined;
  /** The `data` lines, joined with line feeds. */
  data: string;
  /** The `id` field; undefined when there was none. */
  id: string | undefined;
  /** All bytes of the event as text, its closing empty line included. */
  raw: string;
}

/** Settings of `readSse`. */
export interface SseOptions {
  /** Also gives frames without data, such as ": ping" comments; false when left out. */
  comments?: boolean;
}

/** An event ends at an empty line; lines end with LF, CRLF or CR. */
const endOfFrame = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))/;

/**
 * Reads the server-sent events of a response in order, as the HTML standard defines the format.
 *
 * Leaving the loop early cancels the body, which hangs up on the server. A frame that the end of the body
 * cuts off is no event and is dropped, as in a browser.
 *
 * @throws Error when the response has no body or is no event stream, with the status and the start of the body.
 */
export async function* readSse(
  response: Response,
  options: SseOptions = {},
): AsyncGenerator<SseEvent, void, undefined> {
  const type = response.headers.get("content-type") ?? "no content type";
  if (response.body === null || !type.startsWith("text/event-stream")) {
    const body = (await response.text()).slice(0, 500);
    throw new Error(`Expected an event stream, got status ${response.status} with ${type}: ${body}`);
  }
  let rest = "";
  function* takeFrames(atEnd: boolean): Generator<SseEvent> {
    for (let length = frameLength(rest, atEnd); length > 0; length = frameLength(rest, atEnd)) {
      const { event, hasData } = parseFrame(rest.slice(0, length));
      rest = rest.slice(length);
      if (hasData || options.comments) yield event;
    }
  }
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    rest += text;
    yield* takeFrames(false);
  }
  yield* takeFrames(true);
}

/** Length of the first whole frame; 0 when there is none yet. */
function frameLength(text: string, atEnd: boolean): number {
  const end = endOfFrame.exec(text);
  if (end === null) return 0;
  const length = end.index + end[0].length;
  // A CR at the very end may be the first half of a CRLF, unless nothing more comes.
  return length === text.length && text.endsWith("\r") && !atEnd ? 0 : length;
}

/** Reads all events of a response to its end. */
export async function collectSse(response: Response, options: SseOptions = {}): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  for await (const event of readSse(response, options)) events.push(event);
  return events;
}

function parseFrame(raw: string): { event: SseEvent; hasData: boolean } {
  let event: string | undefined;
  let id: string | undefined;
  const data: string[] = [];
  for (const line of raw.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    else if (field === "id") id = value;
    else if (field === "data") data.push(value);
  }
  return { event: { event, id, data: data.join("\n"), raw }, hasData: data.length > 0 };
}
