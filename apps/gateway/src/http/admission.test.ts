import { Hono } from "hono";
import { expect, test } from "vitest";
import { Admission, admit } from "./admission.ts";
import type { AppEnv } from "./context.ts";
import { renderError } from "./render-error.ts";

function appWith(limit: number) {
  const app = new Hono<AppEnv>();
  app.onError(renderError);
  app.use(admit(new Admission(limit)));
  return app;
}

test("a request over the limit is a 503 with Retry-After, and the place is free again afterwards", async () => {
  const app = appWith(1);
  const [entered, leave] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  app.get("/slow", async (c) => {
    entered.resolve();
    await leave.promise;
    return c.text("done");
  });
  const first = app.request("/slow");
  await entered.promise;
  const second = await app.request("/slow");
  expect(second.status).toBe(503);
  expect(second.headers.get("retry-after")).toBe("1");
  expect(await second.json()).toMatchObject({
    error: { code: "server_is_overloaded", type: "server_error" },
  });
  leave.resolve();
  expect((await first).status).toBe(200);
  expect((await app.request("/slow")).status).toBe(200);
});

test("a stream keeps its place until its body is over", async () => {
  const app = appWith(1);
  const over = Promise.withResolvers<void>();
  app.get("/stream", (c) => {
    c.set("bodyOver", over.promise);
    return c.text("begun");
  });
  app.get("/", (c) => c.text("ok"));
  expect((await app.request("/stream")).status).toBe(200);
  expect((await app.request("/")).status).toBe(503);
  over.resolve();
  await over.promise;
  await Promise.resolve();
  expect((await app.request("/")).status).toBe(200);
});

test("a handler that throws gives its place back", async () => {
  const app = appWith(1);
  app.get("/broken", () => {
    throw new Error("broken");
  });
  expect((await app.request("/broken")).status).toBe(500);
  expect((await app.request("/broken")).status).toBe(500);
});
