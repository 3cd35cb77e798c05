import { connect } from "node:net";
import { contentChunk, describeWith, type Envoy, hang, roleChunk, text, waitFor } from "@gateway/testkit";
import { expect, test } from "vitest";
import { post } from "../post.ts";
import { ask, startBehindEnvoy } from "./behind-envoy.ts";
import { readMetrics } from "./read-metrics.ts";

const MiB = 1024 * 1024;

/** Bytes that Envoy holds now; its counters of the same are refreshed every few seconds only. */
async function memoryOf(envoy: Envoy): Promise<number> {
  const answer = (await (await fetch(`${envoy.adminUrl}/memory`)).json()) as { allocated: string };
  return Number(answer.allocated);
}

describeWith("envoy", "a client that never reads", () => {
  test("costs Envoy no more memory than one answer may have, and gives it back when it leaves", async () => {
    await using behind = await startBehindEnvoy();
    const envoy = await behind.openEnvoy();
    const idle = await memoryOf(envoy);
    const piece = contentChunk("x".repeat(4 * MiB));
    behind.backend.enqueue(roleChunk(), ...Array(17).fill(piece), hang());
    behind.backend.setDefault(text("fine"));

    const { hostname, port } = new URL(envoy.url());
    const client = connect(Number(port), hostname).pause();
    const body = JSON.stringify({ ...ask, stream: true });
    client.write(
      `POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const request = await behind.backend.waitForRequest(1);
    await request.whenEnded;
    expect(request.state).toBe("aborted");
    await waitFor(
      async () =>
        (await readMetrics(behind.gateway)).value("extproc_stream_errors_total", {
          error_type: "ResourceExhausted",
        }) === 1,
      { what: "the answer to count as too long" },
    );
    // It was produced whole, and Envoy holds what the client has not taken.
    const held = (await memoryOf(envoy)) - idle;
    expect(held).toBeGreaterThan(8 * MiB);
    expect(held).toBeLessThan(72 * MiB);
    expect((await post(envoy.url(), ask)).status).toBe(200);

    client.destroy();
    await waitFor(async () => (await memoryOf(envoy)) - idle < 4 * MiB, {
      what: "Envoy to let go of the answer",
    });
  });
});
