import { Parser } from "htmlparser2";
import { Refusal } from "./refusal.ts";

/** What a reader of markup is told, in the order of the document. Every opened element is closed in the end. */
export interface MarkupEvents {
  open(name: string, attributes: Record<string, string>): void;
  /** A piece of text; one run of text may come in several. */
  text(text: string): void;
  close(name: string): void;
}

const sliceChars = 65_536;
/** Each element that is open costs time for every one inside it; real documents stay far below. */
const maxDepth = 10_000;

/**
 * Reads XML as a stream: no tree is built, and entities that a document type declares are not expanded. Names come
 * without their prefix, since a prefix is the writer's choice; attributes keep theirs.
 *
 * @throws Refusal `invalid_file` when it is nested more than 10,000 elements deep.
 */
export function readXml(xml: Uint8Array, events: MarkupEvents): void {
  const parser = openParser(events, true);
  const utf16 = xml[0] === 0xff && xml[1] === 0xfe ? "utf-16le" : xml[0] === 0xfe ? "utf-16be" : undefined;
  const decoder = new TextDecoder(utf16 ?? "utf-8");
  for (let at = 0; at < xml.length; at += sliceChars) {
    parser.write(decoder.decode(xml.subarray(at, at + sliceChars), { stream: true }));
  }
  parser.end(decoder.decode());
}

/** Reads HTML as a stream, as forgiving as browsers are. Otherwise like {@link readXml}; names are lower case. */
export function readHtml(html: string, events: MarkupEvents): void {
  const parser = openParser(events, false);
  for (let at = 0; at < html.length; at += sliceChars) parser.write(html.slice(at, at + sliceChars));
  parser.end();
}

/** The value of the attribute with this name and any prefix, such as `r:id`. */
export function prefixedAttribute(attributes: Record<string, string>, name: string): string | undefined {
  return Object.entries(attributes).find(([key]) => key.endsWith(`:${name}`))?.[1];
}

function openParser(events: MarkupEvents, xml: boolean): Parser {
  const toName = xml ? (name: string) => name.slice(name.indexOf(":") + 1) : (name: string) => name;
  let depth = 0;
  return new Parser(
    {
      onopentag(name, attributes) {
        if (++depth > maxDepth) {
          throw new Refusal("invalid_file", `The file nests elements more than ${maxDepth} deep.`);
        }
        events.open(toName(name), attributes);
      },
      ontext: (text) => events.text(text),
      onclosetag(name) {
        depth--;
        events.close(toName(name));
      },
    },
    { xmlMode: xml, decodeEntities: true },
  );
}
