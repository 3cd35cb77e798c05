import { describe, expect, test } from "vitest";
import { BodyMode, requestBody, requestHeaders } from "./testing/played-envoy.ts";
import { ControlledStream, patient, type Started, start } from "./testing/started.ts";

const FD = BodyMode.FULL_DUPLEX_STREAMED;
const ask = [requestHeaders({}, { mode: FD }), requestBody("{}", true)] as const;

/** Waits until the server has seen all that was sent before: one connection keeps its order. */
async function roundTrip({ envoy }: Started): Promise<void> {
  await envoy.open(requestHeaders({ ":path": "/ping" }, { mode: FD, endOfStream: true })).rest();
}

function fires(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(signal.reason), { once: true }),
  );
}

describe.each(["http2", "connect"] as const)("over %s, a client that leaves", (transport) => {
  test("while the request is worked on, fires the request's signal", async () => {
    const fetching = Promise.withResolvers<Request>();
    await using started = await start({
      transport,
      fetch: (request) => {
        fetching.resolve(request);
        return new Promise((_, reject) => request.signal.addEventListener("abort", reject));
      },
    });
    const exchange = started.envoy.open(...ask);
    const { signal } = await fetching.promise;
    const fired = fires(signal);
    exchange.cancel();
    expect(await fired).toMatchObject({ name: "AbortError" });
    await expect.poll(() => started.recorder.lines, patient).toContain("closed canceled");
    expect(started.recorder.errors).toEqual([]);
  });

  test("while the answer is streamed, fires the signal and cancels the body", async () => {
    const stream = new ControlledStream();
    const fetching = Promise.withResolvers<Request>();
    await using started = await start({
      transport,
      fetch: (request) => {
        fetching.resolve(request);
        return stream.response;
      },
    });
    const exchange = started.envoy.open(...ask);
    stream.chunk("a");
    await exchange.piece();
    await exchange.piece();
    const fired = fires((await fetching.promise).signal);
    exchange.cancel();
    await fired;
    await stream.cancelled.promise;
    await expect.poll(() => started.recorder.lines, patient).toContain("closed canceled");
    expect(started.recorder.errors).toEqual([]);
  });

  test("after the answer, is no client that leaves", async () => {
    const signals: AbortSignal[] = [];
    await using started = await start({
      transport,
      fetch: (request) => {
        signals.push(request.signal);
        const type = request.url.endsWith("/stream") ? "text/event-stream" : "text/plain";
        return new Response("x", { headers: { "content-type": type } });
      },
    });
    const streamed = started.envoy.open(
      requestHeaders({ ":path": "/stream" }, { mode: FD, endOfStream: true }),
    );
    await streamed.piece();
    expect(await streamed.piece()).toEqual({ body: "x", end: true });
    streamed.cancel();
    const whole = started.envoy.open(...ask);
    await whole.immediate();
    whole.cancel();
    await roundTrip(started);
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false, false]);
    expect(started.recorder.lines.filter((line) => line.startsWith("closed"))).toEqual([
      "closed answered",
      "closed answered",
      "closed answered",
    ]);
  });

  test("while its body is still coming, is not answered", async () => {
    let asked = 0;
    await using started = await start({
      transport,
      fetch: (request) => {
        if (!request.url.endsWith("/ping")) asked++;
        return new Response("");
      },
    });
    const exchange = started.envoy.open(requestHeaders({}, { mode: FD }), requestBody("half", false));
    await expect.poll(() => started.recorder.lines, patient).toContain("phase RequestBody success");
    exchange.cancel();
    // A client made with Node half-closes its stream before it resets it: either may be seen first.
    await expect.poll(() => started.recorder.lines.at(-1), patient).toMatch(/^closed (canceled|eof)$/);
    await roundTrip(started);
    expect(asked).toBe(0);
  });

  test("by half-closing before the request is complete, ends the stream normally", async () => {
    await using started = await start({ transport, fetch: () => new Response("") });
    const exchange = started.envoy.open(requestHeaders({}, { mode: FD }), requestBody("half", false));
    exchange.end();
    expect(await exchange.rest()).toEqual([]);
    expect((await exchange.status).code).toBe(0);
    expect(started.recorder.lines).toContain("closed eof");
  });

  test("whose deadline passes, is aborted without an error being counted", async () => {
    const fetching = Promise.withResolvers<Request>();
    await using started = await start({
      transport,
      fetch: (request) => {
        if (request.url.endsWith("/warm-up")) return new Response("");
        fetching.resolve(request);
        return new Promise((_, reject) => request.signal.addEventListener("abort", reject));
      },
    });
    await started.envoy
      .open(requestHeaders({ ":path": "/warm-up" }, { mode: FD, endOfStream: true }))
      .immediate();
    const exchange = started.envoy.openWith({ timeoutMs: 500 }, ...ask);
    const { signal } = await fetching.promise;
    if (!signal.aborted) await fires(signal);
    expect((await exchange.status).code).toBe(4);
    await expect
      .poll(() => started.recorder.lines.at(-1), patient)
      .toMatch(/^closed (canceled|deadline_exceeded)$/);
    expect(started.recorder.errors).toEqual([]);
  });
});

test("a body is cancelled when the response comes after the client has left", async () => {
  const stream = new ControlledStream();
  const fetching = Promise.withResolvers<Request>();
  const answering = Promise.withResolvers<Response>();
  await using started = await start({
    fetch: (request) => {
      fetching.resolve(request);
      return answering.promise;
    },
  });
  const exchange = started.envoy.open(...ask);
  const fired = fires((await fetching.promise).signal);
  exchange.cancel();
  await fired;
  answering.resolve(stream.response);
  await stream.cancelled.promise;
});

test("a client that leaves without having read frees what waits to be written", async () => {
  const cancelled = Promise.withResolvers<void>();
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
    cancel: () => cancelled.resolve(),
  });
  await using started = await start({
    fetch: () => new Response(body, { headers: { "content-type": "text/event-stream" } }),
  });
  const exchange = started.envoy.open(...ask);
  await exchange.next();
  exchange.cancel();
  await cancelled.promise;
  await expect.poll(() => started.recorder.lines, patient).toContain("closed canceled");
});

test("S1-66: a lost connection is counted as Unavailable", async () => {
  const fetching = Promise.withResolvers<Request>();
  await using started = await start({
    fetch: (request) => {
      fetching.resolve(request);
      return new Promise((_, reject) => request.signal.addEventListener("abort", reject));
    },
  });
  started.envoy.open(...ask);
  await fetching.promise;
  await started.listener.close();
  await expect.poll(() => started.recorder.lines, patient).toContain("error Unavailable");
  expect(started.recorder.lines).toContain("closed error");
});
