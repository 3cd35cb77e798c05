import { type ClientReadableStream, Metadata, type ServiceError, status as Status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import {
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "./gen/grpc/health/v1/health_pb.ts";
import { deserializer, type PlayedEnvoy, serializer } from "./testing/played-envoy.ts";
import { echo, start } from "./testing/started.ts";

/** The state of a service, or the gRPC code of the refusal. */
function check({ client }: PlayedEnvoy, service: string): Promise<ServingStatus | Status> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      "/grpc.health.v1.Health/Check",
      serializer(HealthCheckRequestSchema),
      deserializer(HealthCheckResponseSchema),
      { service },
      new Metadata(),
      (error: ServiceError | null, response?: HealthCheckResponse) => {
        if (response !== undefined) resolve(response.status);
        else if (error !== null) resolve(error.code);
        else reject(new Error("neither an answer nor an error"));
      },
    );
  });
}

function watch({ client }: PlayedEnvoy, service: string) {
  const call: ClientReadableStream<HealthCheckResponse> = client.makeServerStreamRequest(
    "/grpc.health.v1.Health/Watch",
    serializer(HealthCheckRequestSchema),
    deserializer(HealthCheckResponseSchema),
    { service },
  );
  call.on("error", () => {});
  const messages: AsyncIterator<HealthCheckResponse> = call.iterator({ destroyOnReturn: false });
  return {
    cancel: () => call.cancel(),
    ended: new Promise<Status>((resolve) => call.once("status", ({ code }) => resolve(code))),
    next: async (): Promise<ServingStatus | undefined> => {
      const { done, value } = await messages.next();
      return done ? undefined : value.status;
    },
  };
}

describe("health", () => {
  test.each(["", "envoy.service.ext_proc.v3.ExternalProcessor", "semantic-router", "semantic_router"])(
    'S2-32, S1-57, S0-29: the service "%s" is serving until it is told not to',
    async (service) => {
      await using started = await start({ fetch: echo });
      expect(await check(started.envoy, service)).toBe(ServingStatus.SERVING);
      started.listener.setServing(false);
      expect(await check(started.envoy, service)).toBe(ServingStatus.NOT_SERVING);
      started.listener.setServing(true);
      expect(await check(started.envoy, service)).toBe(ServingStatus.SERVING);
    },
  );

  test("an unknown service is not found", async () => {
    await using started = await start({ fetch: echo });
    expect(await check(started.envoy, "other")).toBe(Status.NOT_FOUND);
  });

  test("the names can be set", async () => {
    await using started = await start({ fetch: echo, healthServices: ["mine"] });
    expect(await check(started.envoy, "mine")).toBe(ServingStatus.SERVING);
    expect(await check(started.envoy, "")).toBe(Status.NOT_FOUND);
  });

  test("a watch tells the state now and at each change", async () => {
    await using started = await start({ fetch: echo });
    const watched = watch(started.envoy, "");
    expect(await watched.next()).toBe(ServingStatus.SERVING);
    started.listener.setServing(true);
    started.listener.setServing(false);
    expect(await watched.next()).toBe(ServingStatus.NOT_SERVING);
    started.listener.setServing(true);
    expect(await watched.next()).toBe(ServingStatus.SERVING);
    watched.cancel();
    expect(await watched.ended).toBe(Status.CANCELLED);
  });

  test("a watch of an unknown service says so and stays", async () => {
    await using started = await start({ fetch: echo });
    const watched = watch(started.envoy, "other");
    expect(await watched.next()).toBe(ServingStatus.SERVICE_UNKNOWN);
    await started.listener.drain();
    expect(await watched.next()).toBeUndefined();
    expect(await watched.ended).toBe(Status.OK);
  });
});
