import type { GatewayProcess } from "@gateway/testkit";

/** The samples of one reading of a gateway's metrics. */
export interface Reading {
  /** The value of the one sample with these labels, others left aside; 0 when there is none. */
  value(name: string, labels?: Record<string, string>): number;
  /** All samples of a name that have these labels, added up. */
  sum(name: string, labels?: Record<string, string>): number;
}

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Reads GET /metrics (Prometheus text format 0.0.4). */
export async function readMetrics({ http }: Pick<GatewayProcess, "http">): Promise<Reading> {
  const text = await (await fetch(`${http}/metrics`)).text();
  const samples = text.split("\n").flatMap(parseSample);
  const matching = (name: string, labels: Record<string, string> = {}) =>
    samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
  return {
    value(name, labels) {
      const found = matching(name, labels);
      if (found.length > 1) throw new Error(`${found.length} samples of ${name} have these labels`);
      return found[0]?.value ?? 0;
    },
    sum: (name, labels) => matching(name, labels).reduce((total, { value }) => total + value, 0),
  };
}

function parseSample(line: string): Sample[] {
  const [, name, list = "", value] = /^([\w:]+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
  if (name === undefined) return [];
  const labels = Object.fromEntries(
    [...list.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]),
  );
  return [{ name, labels, value: Number(value) }];
}
