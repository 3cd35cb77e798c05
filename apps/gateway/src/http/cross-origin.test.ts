import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { loadTestConfig } from "../testing/test-config.ts";
import type { AppEnv } from "./context.ts";
import { allowOrigins } from "./cross-origin.ts";
import { renderError } from "./render-error.ts";

const key = { id: "k", hash: `sha256:${"0".repeat(64)}` };

async function appWith(file: object) {
  const app = new Hono<AppEnv>();
  app.onError(renderError);
  app.use(allowOrigins(loadTestConfig(file)));
  app.post("/x", (c) => c.text("ok"));
  return (origin: string, headers: Record<string, string> = {}, method = "POST") =>
    app.request("http://gateway.test/x", { method, headers: { origin, ...headers } });
}

describe("pages of other origins", () => {
  test("are refused while no keys are asked for, even without a preflight", async () => {
    const send = await appWith({});
    const response = await send("https://evil.example");
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: "origin_not_allowed" } });
  });

  test("are let through without CORS headers where keys are asked for: the browser then keeps the answer", async () => {
    const send = await appWith({ auth: { keys: [key] } });
    const response = await send("https://evil.example");
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  test.for(["http://localhost:3000", "http://127.0.0.1:5173", "https://app.example.com"])(
    "%s may call",
    async (origin) => {
      const send = await appWith({ http: { cors: { origins: ["https://app.example.com"] } } });
      expect((await send(origin)).status).toBe(200);
    },
  );

  test("of the same origin are refused too, since a name may point anywhere, unless the gateway is open", async () => {
    expect((await (await appWith({}))("http://gateway.test")).status).toBe(403);
    expect((await (await appWith({ auth: { open: true } }))("http://gateway.test")).status).toBe(200);
  });

  test("may ask for everything once `*` is configured", async () => {
    const send = await appWith({ http: { cors: { origins: ["*"] } } });
    const response = await send("https://any.example");
    expect(response.headers.get("access-control-allow-origin")).toBe("https://any.example");
    expect(response.headers.get("access-control-expose-headers")).toContain("x-request-id");
    expect(response.headers.get("vary")).toContain("origin");
  });

  test("get their preflight answered with what they asked for", async () => {
    const send = await appWith({ http: { cors: { origins: ["https://app.example.com"] } } });
    const asks = {
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,x-stainless-os",
    };
    const response = await send("https://app.example.com", asks, "OPTIONS");
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-methods")).toContain("DELETE");
    expect(response.headers.get("access-control-allow-headers")).toBe("authorization,x-stainless-os");
  });
});
