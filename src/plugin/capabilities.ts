/** What a runtime supplies for the capabilities that the conventions know. */
import * as v from "valibot";
import type { Capabilities } from "../spec/index.ts";
import { runtimeConfig } from "./args.ts";
import type { Context } from "./context.ts";
import { decode } from "./decode.ts";

const PORT_MAX = 65_535;
const UINT64_MAX = 2n ** 64n - 1n;

const text = v.optional(v.string());
const texts = v.optional(v.array(v.string()));
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(PORT_MAX));
const BITS = `expected a whole number from 0 to ${UINT64_MAX}`;
const amount = v.optional(
  v.pipe(
    v.bigint(BITS),
    v.minValue(0n, BITS),
    v.maxValue(UINT64_MAX, BITS),
    // Beyond what a number holds exactly, no link is that fast: nothing is limited.
    v.transform((bits) => Math.min(Number(bits), Number.MAX_SAFE_INTEGER)),
  ),
);
/** Runtimes in Go write "" for a mapping without a protocol. */
const protocol = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.transform((name) => (name === "" ? "tcp" : name)),
  v.picklist(["tcp", "udp", "sctp"]),
);

const SCHEMAS = {
  portMappings: v.optional(
    v.array(
      v.object({
        hostPort: port,
        containerPort: port,
        protocol: v.optional(protocol),
        hostIP: text,
      }),
    ),
  ),
  bandwidth: v.optional(
    v.object({
      ...{ ingressRate: amount, ingressBurst: amount },
      ...{ egressRate: amount, egressBurst: amount },
    }),
  ),
  ipRanges: v.optional(
    v.array(
      v.array(v.object({ subnet: v.string(), rangeStart: text, rangeEnd: text, gateway: text })),
    ),
  ),
  ...{ ips: texts, mac: text, infinibandGUID: text, deviceID: text, aliases: texts },
  dns: v.optional(v.object({ servers: texts, searches: texts, options: texts })),
  cgroupPath: text,
};

/**
 * What the runtime supplied for these capabilities, read by the conventions (CONVENTIONS.md): those that
 * the plugin's configuration declares, and that the runtime has a value for. Addresses are text, and
 * amounts of more than `Number.MAX_SAFE_INTEGER` are that.
 * @throws CniError of code 7 that names the value which is none; the other capabilities are not looked at
 *
 * @example
 * ```ts
 * import { capabilities } from "hawser/plugin";
 *
 * const config = { runtimeConfig: { mac: "c2:11:22:33:44:55", ips: 5 } };
 * capabilities({ config }, ["mac", "aliases"]); // → { mac: "c2:11:22:33:44:55" }
 * capabilities({ config }, ["ips"]); // throws CniError 7: invalid configuration: "runtimeConfig.ips" is 5
 * ```
 */
export function capabilities<const Name extends keyof Capabilities>(
  ctx: Pick<Context, "config">,
  names: readonly Name[],
): Pick<Capabilities, Name> {
  const entries = names.map((name) => [name, SCHEMAS[name]] as const);
  const schema = v.object(Object.fromEntries(entries));
  return decode(schema, runtimeConfig(ctx), "runtimeConfig") as Pick<Capabilities, Name>;
}
