import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import {
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  Health as HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "./gen/grpc/health/v1/health_pb.ts";

/**
 * The names under which the port's health can be asked for: the server as a whole, Envoy's name of the service, and
 * the two spellings of older probe configurations.
 */
export const defaultHealthServices: readonly string[] = [
  "",
  "envoy.service.ext_proc.v3.ExternalProcessor",
  "semantic-router",
  "semantic_router",
];

/** The health of the port: one state for all its names. Begins as serving. */
export class HealthState {
  readonly #services: ReadonlySet<string>;
  #serving = true;
  #closed = false;
  #changed = Promise.withResolvers<void>();

  constructor(services: Iterable<string>) {
    this.#services = new Set(services);
  }

  /** Sets the state, and tells it to those who watch. */
  setServing(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    this.#announce();
  }

  /** Ends all watches. The state can still be asked for. */
  close(): void {
    this.#closed = true;
    this.#announce();
  }

  /** The state of a service; undefined for one that is not known. */
  status(service: string): ServingStatus | undefined {
    if (!this.#services.has(service)) return undefined;
    return this.#serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  /** The state of a service now and at each change, until `signal` fires or the health is closed. */
  async *watch(service: string, signal: AbortSignal): AsyncGenerator<ServingStatus, void, undefined> {
    const left = Promise.withResolvers<void>();
    const leave = () => left.resolve();
    signal.addEventListener("abort", leave, { once: true });
    try {
      let told: ServingStatus | undefined;
      while (!signal.aborted && !this.#closed) {
        const changed = this.#changed.promise;
        const status = this.status(service) ?? ServingStatus.SERVICE_UNKNOWN;
        if (status !== told) yield status;
        told = status;
        await Promise.race([changed, left.promise]);
      }
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Serves grpc.health.v1.Health: Check answers NOT_FOUND for an unknown service, Watch SERVICE_UNKNOWN. */
export function routeHealth(router: ConnectRouter, health: HealthState): void {
  router.service(HealthService, {
    check({ service }) {
      const status = health.status(service);
      if (status !== undefined) return toHealthResponse(status);
      throw new ConnectError(`no health is known of the service "${service}"`, Code.NotFound);
    },
    async *watch({ service }, context) {
      for await (const status of health.watch(service, context.signal)) yield toHealthResponse(status);
    },
  });
}

function toHealthResponse(status: ServingStatus): HealthCheckResponse {
  return create(HealthCheckResponseSchema, { status });
}
