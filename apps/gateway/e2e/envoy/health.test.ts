import {
  cleanEnv,
  describeWith,
  type GatewayProcess,
  gatewayFromSource,
  startChild,
  startGateway,
  text,
  waitFor,
} from "@gateway/testkit";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { post } from "../post.ts";
import { ask, errorOf, startBehindEnvoy } from "./behind-envoy.ts";
import { healthChecks } from "./render-variant.ts";

/** The port as a whole, Envoy's name of the service, and the two spellings of the documents (decision 6). */
const services = ["", "envoy.service.ext_proc.v3.ExternalProcessor", "semantic-router", "semantic_router"];

/** grpc.health.v1.HealthCheckRequest and -Response have one field each: a string and a number below 128. */
const encode = (service: string) =>
  service === "" ? Buffer.alloc(0) : Buffer.from([0x0a, service.length, ...Buffer.from(service)]);
const decode = (bytes: Buffer) => (bytes.length === 0 ? 0 : bytes.readUInt8(1));
const [serving, notServing, unknown] = [1, 2, 3];

describe("the health of the ExtProc port, for any gRPC client", () => {
  let gateway: GatewayProcess;
  let client: Client;
  beforeAll(async () => {
    gateway = await startGateway();
    client = new Client(gateway.extproc, credentials.createInsecure());
  });
  afterAll(async () => {
    client.close();
    await gateway.stop();
  });

  const check = (service: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      client.makeUnaryRequest("/grpc.health.v1.Health/Check", encode, decode, service, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });

  test.each(services)("is SERVING under the name %j", async (service) => {
    expect(await check(service)).toBe(serving);
  });

  test("is NOT_FOUND under any other name", async () => {
    const error = await check("nobody").catch((thrown: ServiceError) => thrown);
    expect(error).toMatchObject({ code: status.NOT_FOUND, details: expect.stringContaining("nobody") });
  });

  test("is watched until the process is asked to end", async () => {
    await using own = await startGateway({ config: { shutdown: { drain_delay: "300ms" } } });
    const watcher = new Client(own.extproc, credentials.createInsecure());
    const watch = (service: string) => {
      const call = watcher.makeServerStreamRequest("/grpc.health.v1.Health/Watch", encode, decode, service);
      const seen: number[] = [];
      call.on("data", (answer: number) => seen.push(answer));
      call.on("error", () => {});
      return seen;
    };
    const [known, other] = [watch("semantic-router"), watch("nobody")];
    await waitFor(() => known.length > 0 && other.length > 0, { what: "the first word of both watches" });
    own.kill("SIGTERM");
    expect(await own.exited).toMatchObject({ code: 0 });
    watcher.close();
    expect([known, other]).toEqual([[serving, notServing], [unknown]]);
  });

  test.each([
    ["over gRPC", [], 0, "SERVING"],
    ["over gRPC by a service's name", ["--service", "semantic-router"], 0, "SERVING"],
    ["over gRPC by a name nobody has", ["--service", "nobody"], 1, "NOT_FOUND"],
    ["over HTTP", ["--http"], 0, "ok"],
  ])("is told by `gateway healthcheck`, %s (S4-39)", async (_how, args, code, word) => {
    const addr = args.includes("--http") ? gateway.http.replace("http://", "") : gateway.extproc;
    const child = await startChild({
      command: process.execPath,
      args: [gatewayFromSource, "healthcheck", "--addr", addr, ...args],
      env: cleanEnv(),
      input: "",
    });
    expect(await child.exited).toMatchObject({ code });
    expect(child.output()).toContain(word);
  });
});

describeWith("envoy", "Envoy's health check", () => {
  const name = "cluster.gateway_extproc.membership_healthy";

  test("finds the gateway in under each of its names, and out under any other", async () => {
    await using behind = await startBehindEnvoy();
    behind.backend.setDefault(text("fine"));
    for (const service of [...services, "nobody"]) {
      const envoy = await behind.openEnvoy({ processors: { health_checks: healthChecks("1s", service) } });
      const known = service !== "nobody";
      expect(await envoy.stats(name)).toEqual({ [name]: known ? 1 : 0 });
      expect([service, (await post(envoy.url(), ask)).status]).toEqual([service, known ? 200 : 503]);
      await envoy.stop();
    }
    expect(behind.backend.requests).toHaveLength(services.length);
  });

  test("takes the gateway out while it is frozen, and in again", async () => {
    await using behind = await startBehindEnvoy();
    behind.backend.setDefault(text("fine"));
    const envoy = await behind.openEnvoy({ processors: { health_checks: healthChecks("0.05s") } });
    const healthy = async () => (await envoy.stats(name))[name];
    expect((await post(envoy.url(), ask)).status).toBe(200);

    behind.gateway.kill("SIGSTOP");
    await waitFor(async () => (await healthy()) === 0, { what: "Envoy to take it out" });
    const response = await post(envoy.url(), ask);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await errorOf(response)).toMatchObject({ type: "server_error", code: "gateway_unavailable" });

    behind.gateway.kill("SIGCONT");
    await waitFor(async () => (await healthy()) === 1, { what: "Envoy to take it in again" });
    // Envoy's workers hear of a second change within a second when that is over (update_merge_window).
    await waitFor(async () => (await post(envoy.url(), ask)).status === 200, {
      what: "Envoy to use it again",
    });
  });
});
