import * as v from "valibot";
import { defined } from "../../base/index.ts";
import { type Context, decode, runtimeConfig } from "../../plugin/index.ts";
import { invalidConfig } from "../../state/config/index.ts";
import { DEFAULT_LATENCY, type Limit } from "./kind/bucket.ts";

const UINT64_MAX = 2n ** 64n - 1n;
const BURST_MAX_BYTES = 2n ** 32n - 1n;
const LATENCY_MAX = 60_000;

const BITS = `expected a whole number from 0 to ${UINT64_MAX}`;
const bits = v.optional(v.pipe(v.bigint(BITS), v.minValue(0n, BITS), v.maxValue(UINT64_MAX, BITS)));

const limits = {
  ingressRate: v.pipe(
    bits,
    v.description("Most that may go to the container, in bits per second; 0 for no limit."),
  ),
  ingressBurst: v.pipe(
    bits,
    v.description("How much may go to the container at once after a pause, in bits."),
  ),
  egressRate: v.pipe(
    bits,
    v.description("Most that may come from the container, in bits per second; 0 for no limit."),
  ),
  egressBurst: v.pipe(
    bits,
    v.description("How much may come from the container at once after a pause, in bits."),
  ),
};

const limitsSchema = v.object(limits);

const WAIT = `expected a whole number from 1 to ${LATENCY_MAX}`;

/** The four limits as they stand in a configuration. */
type Limits = v.InferOutput<typeof limitsSchema>;

const keysSchema = v.object({
  ...limits,
  latency: v.pipe(
    v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(1, WAIT), v.maxValue(LATENCY_MAX, WAIT)),
      DEFAULT_LATENCY,
    ),
    v.description(
      "How long a packet may wait for its turn, in milliseconds; what would wait longer is dropped.",
    ),
  ),
  runtimeConfig: v.pipe(
    v.optional(
      v.object({
        bandwidth: v.pipe(
          v.optional(limitsSchema),
          v.description("The four limits, as the runtime has them for this container."),
        ),
      }),
    ),
    v.description("Filled in by the runtime, when capability `bandwidth` is declared."),
  ),
});

/** The keys of the plugin. */
export const schema: v.GenericSchema = keysSchema;

/** A bandwidth configuration after every check. */
export interface BandwidthConfig {
  /** On what goes to the container. */
  readonly ingress?: Limit;
  /** On what comes from the container. */
  readonly egress?: Limit;
}

/**
 * Reads and judges the configuration. When it has any of the four keys itself, those of the runtime
 * do not count.
 * @throws CniError of code 7 before anything is touched.
 */
export function parseConfig(ctx: Pick<Context, "config">): BandwidthConfig {
  runtimeConfig(ctx); // refuses what is no object
  const { latency, runtimeConfig: given, ...own } = decode(keysSchema, ctx.config);
  const isStatic = Object.values(own).some((value) => value !== undefined);
  const keys = isStatic ? own : (given?.bandwidth ?? {});
  const ingress = limitOf(keys, "ingress", latency);
  const egress = limitOf(keys, "egress", latency);
  return defined({ ingress, egress });
}

function limitOf(
  keys: Limits,
  direction: "ingress" | "egress",
  latency: number,
): Limit | undefined {
  const [rateKey, burstKey] = [`${direction}Rate`, `${direction}Burst`] as const;
  const { [rateKey]: rate = 0n, [burstKey]: burst = 0n } = keys;
  const both = `${rateKey} is ${rate}, ${burstKey} is ${burst}`;
  if (rate === 0n && burst === 0n) return undefined;
  if (burst === 0n) throw invalidConfig("if rate is set, burst must also be set", both);
  if (rate === 0n) throw invalidConfig("if burst is set, rate must also be set", both);
  if (burst / 8n >= BURST_MAX_BYTES) throw invalidConfig("burst cannot be more than 4GB", both);
  if (rate < 8n || burst < 8n) {
    throw invalidConfig("rate and burst must be at least 8 bits, a byte", both);
  }
  return { rate, burst, latency };
}
