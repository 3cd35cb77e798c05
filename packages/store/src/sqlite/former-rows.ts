import type { ResponseRecord } from "@gateway/engine";
import { sampleBatch } from "../contract/sample-events.ts";
import { sampleItem, sampleRecord } from "../contract/sample-records.ts";

/** What {@link formerRows} writes, to be looked for after the upgrade. */
export interface FormerContent {
  done: ResponseRecord;
  running: ResponseRecord;
  /** The conversation's only item. */
  item: ReturnType<typeof sampleItem>;
}

/** A statement and its values. */
type Insert = [sql: string, ...values: (string | number | null)[]];

/** New content for a database of a former schema. */
export function formerContent(): FormerContent {
  return {
    done: sampleRecord({ conversation: "conv_1", inputIds: ["mine"] }),
    running: sampleRecord({ status: "in_progress", answer: null }),
    item: sampleItem("from before", "msg_before"),
  };
}

/**
 * Rows in every table that a schema version had, as a program of that version wrote them: the n-th list is what came
 * with version n. What has been released is never changed.
 */
export function formerRows({ done, running, item }: FormerContent): Insert[][] {
  const response = ({ response, input }: ResponseRecord): Insert => [
    `INSERT INTO responses (tenant, id, conversation_id, status, created_at, response, input)
     VALUES ('acme', ?, ?, ?, 1, ?, ?)`,
    response.id,
    response.conversation?.id ?? null,
    response.status,
    JSON.stringify(response),
    JSON.stringify(input),
  ];
  return [
    [
      response(done),
      response(running),
      ["INSERT INTO foreign_items (tenant, item_id, response_seq) VALUES ('acme', 'mine', 1)"],
      [
        `INSERT INTO conversations (tenant, id, created_at, metadata) VALUES ('acme', 'conv_1', 1, '{"topic":"old"}')`,
      ],
      [
        `INSERT INTO conversation_items (tenant, conversation_seq, item_id, item)
         VALUES ('acme', 1, 'msg_before', ?)`,
        JSON.stringify(item),
      ],
    ],
    [
      // Triggers write file_totals, blobs, and the counts of stores and batches.
      [
        `INSERT INTO files (tenant, id, filename, purpose, bytes, created_at, hash)
         VALUES ('acme', 'file-1', 'a.txt', 'assistants', 3, 1, 'abc')`,
      ],
      [
        `INSERT INTO uploads (tenant, id, filename, purpose, mime_type, bytes, received, status, created_at, expires_at)
         VALUES ('acme', 'upload_1', 'b.txt', 'assistants', 'text/plain', 9, 0, 'pending', 1, 4000000000)`,
      ],
      [
        "INSERT INTO upload_parts (upload_seq, id, created_at, hash, bytes) VALUES (1, 'part_1', 1, 'def', 4)",
      ],
      [
        `INSERT INTO vector_stores (tenant, id, created_at, name, metadata, last_active_at,
           usage_bytes, in_progress, completed, failed, cancelled)
         VALUES ('acme', 'vs_1', 1, 'Docs', '{}', 1, 0, 0, 0, 0, 0)`,
      ],
      ["INSERT INTO deleted_vector_stores (store_seq) VALUES (99)"],
      [
        `INSERT INTO file_batches (store_seq, id, created_at, was_cancelled, in_progress, completed, failed, cancelled)
         VALUES (1, 'vsfb_1', 1, 0, 0, 0, 0, 0)`,
      ],
      [
        `INSERT INTO vector_store_files (store_seq, file_seq, batch_seq, created_at, status, usage_bytes, attributes,
           chunk_tokens, overlap_tokens)
         VALUES (1, 1, 1, 1, 'in_progress', 0, '{"lang":"en"}', 800, 400)`,
      ],
      ["UPDATE vector_store_files SET status = 'completed', usage_bytes = 3"],
      ["INSERT INTO prompts (tenant, id, latest_version, default_version) VALUES ('acme', 'pmpt_1', 1, 1)"],
      [
        `INSERT INTO prompt_versions (prompt_seq, version, created_at, name, prompt, variables)
         VALUES (1, 1, 1, 'Greeting', 'Hello {{name}}', '["name"]')`,
      ],
      [
        `INSERT INTO connectors (tenant, id, name, server_url, created_at)
         VALUES ('acme', 'docs', 'Docs', 'https://mcp.example.com/mcp', 1)`,
      ],
      [
        `INSERT INTO jobs (kind, tenant, subject, payload, state, not_before, attempt)
         VALUES ('work', 'acme', '7', '{"n":1}', 'running', 0, 1)`,
      ],
    ],
    [
      [
        "INSERT INTO response_events (response_seq, first, events) VALUES (2, 0, ?)",
        sampleBatch(0, 3).events.join("\n"),
      ],
      ["INSERT INTO response_events (response_seq, first, events) VALUES (77, 0, '{}')"],
      ["INSERT INTO deleted_event_logs (response_seq) VALUES (77)"],
    ],
    [
      // It has no table of its own. Until now a log had a row for each batch, also when the response had ended.
      ...[0, 2, 4].map(
        (first): Insert => [
          "INSERT INTO response_events (response_seq, first, events) VALUES (1, ?, ?)",
          first,
          sampleBatch(first, 2).events.join("\n"),
        ],
      ),
    ],
    [
      [
        "INSERT INTO event_journal (entries) VALUES (?)",
        `1 0\n${sampleBatch(0, 1).events[0]}\n2 3\n[3,2,"response.output_text.delta","msg_1",0,0,"Hel","lo"]\n`,
      ],
      ["INSERT INTO event_journal (entries) VALUES (?)", `2+1,"!"\n77 0\n{}\n`],
    ],
    [
      [
        `INSERT INTO idempotency_claims (tenant, path, key, body_hash, response_id, claimed_at)
         VALUES ('acme', '/v1/responses', 'k', 'h', 'resp_1', 1)`,
      ],
    ],
  ];
}
