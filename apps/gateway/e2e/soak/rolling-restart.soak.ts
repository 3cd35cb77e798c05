import {
  describeWith,
  type Envoy,
  startEnvoy,
  startGateway,
  startScriptedBackend,
  text,
  waitFor,
} from "@gateway/testkit";
import { expect, test } from "vitest";
import { ask } from "../envoy/behind-envoy.ts";
import { hammer } from "../envoy/hammer.ts";
import { healthChecks, renderVariant } from "../envoy/render-variant.ts";
import { scale } from "./scale.ts";

const restarts = 10 * scale;
const name = "cluster.gateway_extproc.membership_healthy";
const healthy = async (envoy: Envoy) => (await envoy.stats(name))[name];

describeWith("envoy", `${restarts} restarts of two gateways in turn`, () => {
  test("fail no request of clients that never pause", async () => {
    await using backend = await startScriptedBackend({ journal: false });
    backend.setDefault(text("fine"));
    const config = {
      backends: { scripted: { url: backend.url } },
      shutdown: { drain_delay: "3s" },
      log: { level: "warn" },
    };
    const gateways = [await startGateway({ config }), await startGateway({ config })] as const;
    const places = gateways.map(({ http, extproc }) => ({ http, extproc }));
    const running = [...gateways];
    const [one, two] = gateways;
    await using envoy = await startEnvoy({
      config: renderVariant([one, two], { processors: { health_checks: healthChecks("0.1s") } }),
    });
    let ended = false;
    const outcomes = hammer(envoy.url(), 8, () => (ended ? undefined : ask));
    try {
      for (let n = 0; n < restarts; n++) {
        await waitFor(async () => (await healthy(envoy)) === 2, { what: "both gateways to be in" });
        const index = n % 2;
        const [leaving, place] = [running[index], places[index]];
        if (leaving === undefined || place === undefined) throw new Error("there are two gateways");
        await leaving.stop();
        const listen = [
          "--http-listen",
          place.http.replace("http://", ""),
          "--extproc-listen",
          place.extproc,
        ];
        running[index] = await startGateway({ config, args: listen });
      }
    } finally {
      ended = true;
      const seen = await outcomes;
      for (const gateway of running) await gateway.stop();
      expect(Object.keys(seen)).toEqual(["200"]);
    }
  });
});
