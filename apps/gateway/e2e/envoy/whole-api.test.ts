import { type ClientHttp2Session, connect } from "node:http2";
import { text as readText } from "node:stream/consumers";
import {
  contentChunk,
  describeWith,
  type Envoy,
  hang,
  openRawRequest,
  roleChunk,
  text,
} from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { post } from "../post.ts";
import { ask, type BehindEnvoy, errorOf, startBehindEnvoy } from "./behind-envoy.ts";

describeWith("envoy", "the whole API", () => {
  let behind: BehindEnvoy;
  beforeAll(async () => {
    behind = await startBehindEnvoy();
  });
  afterAll(() => behind[Symbol.asyncDispose]());
  beforeEach(() => behind.backend.setDefault(text("fine")));

  describe.each([
    { way: "with the example's routes", route: {} },
    { way: "with every path through the processor", route: { match: { prefix: "/" } } },
  ])("$way", ({ route }) => {
    let envoy: Envoy;
    let id: string;
    beforeAll(async () => {
      envoy = await behind.openEnvoy({ route });
    });
    beforeEach(async () => {
      const created = await post(envoy.url(), ask);
      ({ id } = (await created.json()) as { id: string });
    });
    afterAll(() => envoy.stop());

    const call = (method: string, path: string, init: RequestInit = {}) =>
      fetch(envoy.url() + path, { method, ...init });

    test("retrieves, lists, deletes", async () => {
      expect(await (await call("GET", `/v1/responses/${id}`)).json()).toMatchObject({
        id,
        status: "completed",
      });
      const items = await call("GET", `/v1/responses/${id}/input_items?limit=1&order=asc`);
      expect(await items.json()).toMatchObject({ object: "list", data: [{ role: "user" }] });
      expect(await (await call("DELETE", `/v1/responses/${id}`)).json()).toMatchObject({ id, deleted: true });
      const gone = await call("GET", `/v1/responses/${id}`);
      expect(gone.status).toBe(404);
      expect((await errorOf(gone)).message).toContain(id);
    });

    test("answers HEAD with the head alone", async () => {
      using exchange = openRawRequest(`${envoy.url()}/v1/responses/${id}`, { method: "HEAD" });
      await exchange.waitFor("\r\n\r\n");
      // Had a body come, it would stand between this answer and the next one.
      exchange.write("GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n");
      await exchange.waitFor('{"status":"ok"}');
      expect(exchange.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)+\r\nHTTP\/1\.1 200 OK\r\n/);
      expect(exchange.received()).toMatch(/^content-type: application\/json\r\n/m);
    });

    test("answers OPTIONS with what is allowed, and 405 to all else", async () => {
      const options = await call("OPTIONS", `/v1/responses/${id}`);
      expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, DELETE, OPTIONS"]);
      const put = await call("PUT", `/v1/responses/${id}`, { body: "{}" });
      expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD, DELETE, OPTIONS"]);
      expect(await errorOf(put)).toMatchObject({ code: "method_not_allowed" });
    });

    test.each([
      "/v1/nothing",
      "/",
      "/v1/responses/",
      "//v1/responses",
      "/v1/responses/%2e%2e/x",
      "/v1/respo%6eses/y",
    ])("knows no %s", async (path) => {
      const response = await call("GET", path);
      expect(response.status).toBe(404);
      await errorOf(response);
    });

    test("serves POST /v1/responses with a query like one without", async () => {
      const response = await call("POST", "/v1/responses?trace=1", {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(ask),
      });
      expect([response.status, await response.json()]).toMatchObject([200, { status: "completed" }]);
    });

    test("keeps conversations", async () => {
      const headers = { "content-type": "application/json" };
      const created = await call("POST", "/v1/conversations", { headers, body: '{"metadata":{"a":"b"}}' });
      const conversation = (await created.json()) as { id: string };
      await (await post(envoy.url(), { ...ask, conversation: conversation.id })).text();
      const items = await call("GET", `/v1/conversations/${conversation.id}/items?order=asc`);
      expect(await items.json()).toMatchObject({ data: [{ role: "user" }, { role: "assistant" }] });
    });
  });

  describe("over HTTP/2", () => {
    let envoy: Envoy;
    let session: ClientHttp2Session;
    beforeAll(async () => {
      envoy = await behind.openEnvoy();
      session = connect(envoy.url());
    });
    afterAll(() => {
      session.destroy();
    });
    const send = (body: object) => {
      const stream = session.request({
        ":method": "POST",
        ":path": "/v1/responses",
        "content-type": "application/json",
      });
      stream.end(JSON.stringify(body));
      return stream;
    };

    test("streams run side by side on one connection", async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => readText(send({ ...ask, stream: true }))),
      );
      expect(answers.filter((answer) => !answer.endsWith("data: [DONE]\n\n"))).toEqual([]);
    });

    test("a stream that is reset lets the backend go, and the others go on", async () => {
      const asked = behind.backend.requests.length;
      behind.backend.setDefault([roleChunk(), contentChunk("Hel"), hang()]);
      const stream = send({ ...ask, stream: true });
      stream.on("error", () => {});
      const request = await behind.backend.waitForRequest(asked + 1);
      stream.close();
      await request.whenAborted;
      behind.backend.setDefault(text("fine"));
      expect(JSON.parse(await readText(send(ask)))).toMatchObject({ status: "completed" });
    });
  });
});
