import { describeWith, validateEnvoyConfig } from "@gateway/testkit";
import { expect, test } from "vitest";
import { renderEnvoyConfig } from "./envoy-config.ts";

describeWith("envoy", "the configuration in front of the gateway", () => {
  test("is one that Envoy accepts", async () => {
    const config = renderEnvoyConfig("127.0.0.1:10000", "127.0.0.1:8080");
    expect(config).toContain("port_value: 10000");
    await validateEnvoyConfig(config);
  });
});
