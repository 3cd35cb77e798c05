import {
  type EventBatch,
  joinsConversation,
  type ResponseRecord,
  type ResponseStore,
  type UnfinishedResponse,
} from "@gateway/engine";
import type { Item, PackedLine, ResponseEvent, ResponseObject } from "@gateway/protocol";
import type { Database } from "better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import { foreignItemIds } from "../foreign-item-ids.ts";
import {
  type AppendItems,
  type FindConversation,
  prepareAppendItems,
  prepareFindConversation,
  prepareTouchConversation,
  type TouchConversation,
  toItemRow,
} from "./conversation-items.ts";
import { type EventLog, toLogged } from "./event-log.ts";
import type { GroupCommit } from "./group-commit.ts";
import { type FindItems, prepareFindItems } from "./item-lookup.ts";
import { type JobRow, prepareCancelJobs, prepareInsertJob, toJobRow } from "./job-queue.ts";
import { parseInSlices } from "./parse-in-slices.ts";
import { DeletedEventLogs } from "./remove-event-logs.ts";
import { respondJobKind } from "./respond-job-kind.ts";
import { prepareReadChain, type ReadChain } from "./response-chain.ts";
import {
  prepareResponseStatements,
  type ResponseRow,
  type ResponseStatements,
} from "./response-statements.ts";

/** What is written in the transaction of a response's own row. */
interface Additions {
  events?: readonly ResponseEvent[] | undefined;
  job?: JobRow | undefined;
  /** Whether this is its end. */
  ends?: boolean;
  /** Whether the turn becomes part of the conversation it names, if any. */
  joins?: boolean;
}

/** Responses in SQLite. */
export class SqliteResponseStore implements ResponseStore {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #statements: ResponseStatements;
  readonly #readChain: ReadChain;
  readonly #findItems: FindItems;
  readonly #findConversation: FindConversation;
  readonly #touchConversation: TouchConversation;
  readonly #appendItems: AppendItems;
  readonly #log: EventLog;
  readonly #deletedLogs: DeletedEventLogs;
  readonly #insertJob: ReturnType<typeof prepareInsertJob>;
  readonly #cancelJobs: ReturnType<typeof prepareCancelJobs>;

  /** `erased` is called after content was deleted. */
  constructor(
    orm: BetterSQLite3Database,
    client: Database,
    log: EventLog,
    writer: GroupCommit,
    erased: () => void,
  ) {
    this.#writer = writer;
    this.#erased = erased;
    this.#statements = prepareResponseStatements(orm, client);
    this.#readChain = prepareReadChain(orm);
    this.#findItems = prepareFindItems(orm);
    this.#findConversation = prepareFindConversation(orm);
    this.#touchConversation = prepareTouchConversation(orm);
    this.#appendItems = prepareAppendItems(orm);
    this.#log = log;
    this.#deletedLogs = new DeletedEventLogs(orm, writer);
    this.#insertJob = prepareInsertJob(orm);
    this.#cancelJobs = prepareCancelJobs(orm);
  }

  /** Goes on with what a former process has left; never rejects. */
  async resume(): Promise<void> {
    await this.#log.resume();
    // What cannot be removed now is noted still, and tried again by the next start.
    await this.#deletedLogs.sweep().catch(() => {});
  }

  async begin(
    tenant: string,
    record: ResponseRecord,
    events?: readonly ResponseEvent[],
    job?: { payload: unknown },
  ): Promise<void> {
    const subject = record.response.id;
    await this.#write(tenant, record, {
      events,
      job: job && toJobRow({ kind: respondJobKind, tenant, subject, payload: job.payload }),
    });
  }

  async append(tenant: string, id: string, events: readonly ResponseEvent[]): Promise<void> {
    if (events.length === 0) return;
    const lines = toLogged(events);
    return this.#writer.write(() => this.#log.append(tenant, id, lines), charsOf(lines), this.#log.isBusy);
  }

  async finish(tenant: string, record: ResponseRecord, events?: readonly ResponseEvent[]): Promise<void> {
    const { response } = record;
    await this.#write(tenant, record, { events, ends: true, joins: joinsConversation(response) });
  }

  async events(tenant: string, id: string, after: number): Promise<EventBatch | undefined> {
    return reading(() => this.#log.read(tenant, id, after));
  }

  async get(tenant: string, id: string): Promise<ResponseRecord | undefined> {
    return reading(() => {
      const row = this.#statements.select.get({ tenant, id });
      if (row?.response == null || row.input === null) return undefined;
      return { response: JSON.parse(row.response) as ResponseObject, input: JSON.parse(row.input) as Item[] };
    });
  }

  /**
   * One transaction removes the response, and its job, whose payload is its content too. The events go in slices
   * after it, when there are many; this resolves with the last of them.
   */
  async delete(tenant: string, id: string): Promise<boolean> {
    const deleted = await this.#writer.write(() => {
      const row = this.#statements.erase.get({ tenant, id });
      if (row === undefined) return undefined;
      this.#statements.deleteForeignItems.run({ responseSeq: row.seq });
      this.#cancelJobs({ tenant, kind: respondJobKind, subject: id });
      this.#log.drop(tenant, id);
      return { seq: row.seq, isAll: this.#deletedLogs.remove(row.seq) };
    });
    if (deleted === undefined) return false;
    // The response is gone, also when the store is closed meanwhile: then the next start takes the rest.
    await this.#log.release([deleted.seq]);
    if (!deleted.isAll) await this.#deletedLogs.removeRest(deleted.seq).catch(() => {});
    this.#erased();
    return true;
  }

  async chain(tenant: string, id: string): Promise<Item[] | undefined> {
    return reading(() => this.#readChain(tenant, id));
  }

  async findItems(tenant: string, itemIds: readonly string[]): Promise<ReadonlyMap<string, Item>> {
    return reading(() => this.#findItems(tenant, itemIds));
  }

  async unfinished(): Promise<UnfinishedResponse[]> {
    return reading(async () => {
      const rows = this.#statements.selectUnfinished.all();
      const parsed = await parseInSlices(
        rows.flatMap(({ response, input }) => [response ?? "", input ?? ""]),
      );
      return rows.map(({ tenant }, index) => ({
        tenant,
        record: { response: parsed[2 * index] as ResponseObject, input: parsed[2 * index + 1] as Item[] },
      }));
    });
  }

  /**
   * Writes a record over one that has not ended. A row that has ended or was deleted stays as it is, and
   * then nothing else is written either: the first end counts, and what was deleted does not come back.
   */
  #write(
    tenant: string,
    record: ResponseRecord,
    { events, job, ends = false, joins = false }: Additions,
  ): Promise<void> {
    const { response, input } = record;
    const { id } = response;
    const conversation = response.conversation?.id ?? null;
    const [told, asked] = [JSON.stringify(response), JSON.stringify(input)];
    const { previous_response_id, status, created_at } = response;
    const row: ResponseRow = [
      tenant,
      id,
      previous_response_id,
      conversation,
      status,
      created_at,
      told,
      asked,
    ];
    const foreign = foreignItemIds(record);
    const items =
      !joins || conversation === null ? [] : [...input, ...(response.output as Item[])].map(toItemRow);
    const lines = toLogged(events);
    const chars = told.length + asked.length;
    const moreChars = charsOf(lines) + (job?.payload?.length ?? 0);
    return this.#writer.write(
      () => {
        const responseSeq = this.#statements.upsert.get(...row);
        if (responseSeq === undefined) return;
        for (const itemId of foreign) this.#statements.insertForeignItem.run({ tenant, itemId, responseSeq });
        if (ends) this.#log.end(tenant, id, responseSeq, lines);
        else this.#log.add(tenant, id, responseSeq, lines);
        if (job) this.#insertJob(job);
        const seq = conversation === null ? undefined : this.#findConversation(tenant, conversation);
        if (seq === undefined) return;
        this.#touchConversation(seq);
        this.#appendItems(tenant, seq, items);
      },
      (items.length === 0 ? chars : 2 * chars) + moreChars,
    );
  }
}

function charsOf(lines: readonly PackedLine[]): number {
  return lines.reduce((sum, { text }) => sum + text.length, 0);
}
