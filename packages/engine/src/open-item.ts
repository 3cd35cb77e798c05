import type { ItemStatus, OutputItem, ResponseEventBody } from "@gateway/protocol";

/** Takes the next event of the stream; numbering is the builder's. */
export type Emit = (event: ResponseEventBody) => void;

/** An output item that has been added and not yet done. Closing it emits every `done` it still owes. */
export interface OpenItem {
  readonly item: OutputItem;
  close(status: ItemStatus): void;
}
