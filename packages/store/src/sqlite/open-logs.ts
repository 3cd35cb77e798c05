import { addLines, type PackedLine } from "@gateway/protocol";

/** The events of a response that has not ended, since the journal was emptied last. */
export class OpenLog {
  readonly tenant: string;
  readonly id: string;
  /** The number of the response's row. */
  readonly seq: number;
  /** What is committed. */
  readonly lines: PackedLine[] = [];
  /** What the transaction under way adds. */
  staged: PackedLine[] = [];
  /** True when the transaction under way has to do with it. */
  touched = false;
  /** True when that transaction ends it. */
  over = false;

  constructor(tenant: string, id: string, seq: number) {
    this.tenant = tenant;
    this.id = id;
    this.seq = seq;
  }

  /** A copy of all there is of it. */
  all(): PackedLine[] {
    const lines = [...this.lines];
    addLines(lines, this.staged);
    return lines;
  }
}

/** Open logs by tenant and id. In two steps: one key of both would have to be made for each event. */
export class OpenLogs {
  readonly #tenants = new Map<string, Map<string, OpenLog>>();
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  get(tenant: string, id: string): OpenLog | undefined {
    return this.#tenants.get(tenant)?.get(id);
  }

  /** Opens the log of a response. */
  open(tenant: string, id: string, seq: number): OpenLog {
    const log = new OpenLog(tenant, id, seq);
    const logs = this.#tenants.get(tenant) ?? new Map<string, OpenLog>();
    this.#tenants.set(tenant, logs);
    if (!logs.has(id)) this.#size++;
    logs.set(id, log);
    return log;
  }

  delete({ tenant, id }: OpenLog): void {
    const logs = this.#tenants.get(tenant);
    if (logs?.delete(id)) this.#size--;
    if (logs?.size === 0) this.#tenants.delete(tenant);
  }

  clear(): void {
    this.#tenants.clear();
    this.#size = 0;
  }

  *[Symbol.iterator](): Generator<OpenLog, void, undefined> {
    for (const logs of this.#tenants.values()) yield* logs.values();
  }
}
