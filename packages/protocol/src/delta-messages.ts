import { isSameText, type PlainDelta, placeOf, restOf } from "./encode-event.ts";
import { paddingFor } from "./padding.ts";

/**
 * Writes the plain deltas of one text as server-sent events, byte for byte as their JSON would be. All but the number and
 * the token is the same in each, so it is put together, and its bytes are counted, once: of a long burst of tokens this
 * is a third of the time.
 */
export class DeltaMessages {
  readonly #like: PlainDelta;
  readonly #head: string;
  readonly #middle: string;
  readonly #rest: string;
  /** Bytes of the JSON that are the same in each; ids and numbers are ASCII. */
  readonly #bytes: number;

  constructor(like: PlainDelta) {
    const json = `{"type":"${like.type}","sequence_number":`;
    this.#like = like;
    this.#head = `event: ${like.type}\ndata: ${json}`;
    this.#middle = `,${placeOf(like)},"delta":`;
    this.#rest = restOf(like.type);
    this.#bytes = json.length + this.#middle.length + this.#rest.length;
  }

  /** Whether a delta is of the same text. */
  fits(event: PlainDelta): boolean {
    return isSameText(event, this.#like);
  }

  /** The message of a delta of this text, padded where its length shall not tell the token's. */
  encode({ sequence_number, delta }: PlainDelta, obfuscate: boolean): string {
    const number = String(sequence_number);
    const token = JSON.stringify(delta);
    const json = `${this.#head}${number}${this.#middle}${token}${this.#rest}`;
    if (!obfuscate) return `${json}}\n\n`;
    const padding = paddingFor(this.#bytes + number.length + Buffer.byteLength(token));
    return `${json},"obfuscation":"${padding}"}\n\n`;
  }
}
