import type { Database } from "better-sqlite3";
import { StoreError } from "../errors.ts";
import { migrations } from "./migrations/index.ts";

/** Marks a file as this program's (`PRAGMA application_id`): "gwst" in ASCII. */
export const applicationId = 0x67777374;

/**
 * Refuses a file that is not this program's, or was written by a newer version of it. An empty file passes.
 *
 * @throws StoreError that names the file and what to do.
 */
export function assertKnownSchema(
  client: Database,
  file: string,
  steps: readonly string[] = migrations,
): void {
  const owner = client.pragma("application_id", { simple: true });
  const tables = client.prepare("SELECT count(*) FROM sqlite_schema").pluck().get();
  if (owner !== applicationId && !(owner === 0 && tables === 0)) {
    throw new StoreError(
      `${file} is an SQLite database of another program. Name another file in store.path; it is left untouched.`,
    );
  }
  const version = schemaVersion(client);
  if (version > steps.length) {
    throw new StoreError(
      `${file} was written by a newer version of the gateway: its schema is ${version}, this program knows ` +
        `up to ${steps.length}. Start the newer version, or restore a backup made before the upgrade.`,
    );
  }
}

/**
 * Brings a database to the newest schema, one transaction for each step, so that an interrupted upgrade
 * goes on where it stopped. The version is kept in `PRAGMA user_version`.
 *
 * @throws StoreError as {@link assertKnownSchema} does, before anything is written.
 */
export function migrate(client: Database, file: string, steps: readonly string[] = migrations): void {
  assertKnownSchema(client, file, steps);
  for (let version = schemaVersion(client); version < steps.length; version++) {
    client
      .transaction(() => {
        client.exec(steps[version] as string);
        client.pragma(`application_id = ${applicationId}`);
        client.pragma(`user_version = ${version + 1}`);
      })
      .immediate();
  }
}

/** The number of migrations a database has had. */
export function schemaVersion(client: Database): number {
  return Number(client.pragma("user_version", { simple: true }));
}
