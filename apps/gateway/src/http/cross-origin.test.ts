import { ApiError } from "@gateway/protocol";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { loadTestConfig } from "../testing/test-config.ts";
import type { AppEnv } from "./context.ts";
import { allowOrigins } from "./cross-origin.ts";
import { renderError } from "./render-error.ts";

const key = { id: "k", hash: `sha256:${"0".repeat(64)}` };

async function openApp(file: object) {
  const app = new Hono<AppEnv>();
  app.onError(renderError);
  app.use(allowOrigins(loadTestConfig(file)));
  app.all("*", (c) => c.text("ok"));
  return app;
}

async function appWith(file: object) {
  const app = await openApp(file);
  return (origin: string, headers: Record<string, string> = {}, method = "POST") =>
    app.request("http://localhost:8080/x", { method, headers: { origin, ...headers } });
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
    const send = async (file: object) => (await openApp(file)).request(request);
    const request = new Request("http://gateway.test/x", {
      method: "POST",
      headers: { origin: "http://gateway.test" },
    });
    expect((await send({})).status).toBe(403);
    expect((await send({ auth: { open: true } })).status).toBe(200);
  });

  test("may ask for everything once `*` is configured", async () => {
    const send = await appWith({ http: { cors: { origins: ["*"] } } });
    const response = await send("https://any.example");
    expect(response.headers.get("access-control-allow-origin")).toBe("https://any.example");
    expect(response.headers.get("access-control-expose-headers")).toContain("x-request-id");
    expect(response.headers.get("vary")).toContain("origin");
  });

  test("may read all that clients look at, what is said of limits too", async () => {
    const app = new Hono<AppEnv>();
    app.onError(renderError);
    app.use(allowOrigins(loadTestConfig({})));
    app.get("/x", (c) => c.text("ok", 200, { "x-ratelimit-limit-requests": "60", "x-other": "1" }));
    app.get("/y", () => {
      throw new ApiError("slow", { status: 429, type: "tokens", headers: { "x-ratelimit-reset": "7" } });
    });
    const exposedBy = async (path: string) => {
      const asked = { headers: { origin: "http://localhost:3000" } };
      const { headers } = await app.request(`http://localhost:8080${path}`, asked);
      return headers.get("access-control-expose-headers")?.split(", ");
    };
    const [answer, refusal] = [await exposedBy("/x"), await exposedBy("/y")];
    expect(answer).toEqual(
      expect.arrayContaining([
        "x-request-id",
        "retry-after",
        "retry-after-ms",
        "openai-processing-ms",
        "x-ratelimit-limit-requests",
      ]),
    );
    expect(answer).not.toContain("x-other");
    expect(refusal?.at(-1)).toBe("x-ratelimit-reset");
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

describe("a name that a browser may have been led here by (DNS rebinding)", () => {
  const statusOf = async (file: object, url: string): Promise<number> =>
    (await (await openApp(file)).request(url)).status;

  test("is refused while no keys are asked for, and the answer says what to do", async () => {
    const response = await (await openApp({})).request("http://evil.example:8080/v1/responses/resp_1");
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      error: {
        code: "host_not_allowed",
        message: expect.stringMatching(/evil\.example.*http\.cors\.origins.*auth/s),
      },
    });
  });

  test.for([
    "http://localhost:8080/v1/models",
    "http://app.localhost/v1/models",
    "http://127.0.0.1:9/v1/models",
    "http://127.8.7.6/v1/models",
    "http://[::1]:8080/v1/models",
    "http://LOCALHOST./v1/models",
  ])("%s is this machine", async (url) => {
    expect(await statusOf({}, url)).toBe(200);
  });

  test.for(["http://localhost.evil.example/x", "http://127.0.0.1.evil.example/x", "http://notlocalhost/x"])(
    "%s is not",
    async (url) => {
      expect(await statusOf({}, url)).toBe(403);
    },
  );

  test("may be the one that is listened on, or that of a configured origin, on any port", async () => {
    const origins = ["https://app.example.com"];
    expect(await statusOf({ http: { cors: { origins } } }, "http://app.example.com:8080/x")).toBe(200);
    expect(await statusOf({ http: { cors: { origins } } }, "http://other.example.com/x")).toBe(403);
    expect(await statusOf({ http: { cors: { origins: ["*"] } } }, "http://any.example/x")).toBe(200);
  });

  test("is no matter where keys are asked for, where anyone may call, or for health checks", async () => {
    expect(await statusOf({ auth: { keys: [key] } }, "http://evil.example/x")).toBe(200);
    expect(await statusOf({ auth: { open: true } }, "http://evil.example/x")).toBe(200);
    expect(await statusOf({}, "http://gateway_http/health/ready")).toBe(200);
    expect(await statusOf({}, "http://evil.example/healthy")).toBe(403);
  });
});
