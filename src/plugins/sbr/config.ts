import * as v from "valibot";
import { type Family, Ip, Prefix } from "../../addr/index.ts";
import { type Context, decode, rule } from "../../plugin/index.ts";
import { addressesOf, type Result } from "../../spec/index.ts";
import { addressText, invalidConfig } from "../../state/config/index.ts";
import type { SourceAddress, SourceWanted } from "./kind/plan.ts";

const LAST_TABLE = 0xffffffff;
const TABLE_RANGE = `expected a routing table from 1 to ${LAST_TABLE}`;

const table = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1, TABLE_RANGE),
  v.maxValue(LAST_TABLE, TABLE_RANGE),
);

const gateway = addressText((text) => {
  return invalidConfig(`invalid static gateway IP address: ${text}`);
});

const onePerFamily = rule({ maxItems: 2 }, (texts: string[]) => {
  if (texts.length <= 2) return;
  throw invalidConfig("gateways list cannot contain more than 2 entries (one IPv4, one IPv6)");
});

const keys = v.object({
  table: v.pipe(
    v.optional(table),
    v.description(
      "Routing table that the rules lead to, filled by another program; without it each address gets a table of its own with the interface's routes.",
    ),
  ),
  gateways: v.pipe(
    v.optional(v.pipe(v.array(v.pipe(v.string(), gateway)), onePerFamily)),
    v.description(
      "Gateways, one for each address family, in place of those that IPAM named; ignored with `table`.",
    ),
  ),
  addSourceHints: v.pipe(
    v.optional(v.boolean(), false),
    v.description(
      "Keeps the routes to the interface's own networks in the main table too, with the address as their source; ignored with `table`.",
    ),
  ),
});

/** The plugin's keys. */
export const schema: v.GenericSchema = keys;

/**
 * Reads and judges the configuration of an ADD, CHECK or STATUS.
 * @throws CniError of code 7 before anything is touched.
 */
export function parseConfig(ctx: Context): SourceWanted {
  const { table, gateways = [], addSourceHints: sourceHints } = decode(keys, ctx.config);
  const addresses = sourceAddresses(ctx.prevResult, ctx.ifName);
  return { addresses, table, gateways: gatewaysOf(gateways), sourceHints };
}

const lenient = v.fallback(v.object({ table: v.optional(table) }), {});

/** For DEL, which does without what it cannot read. */
export function parseTable(ctx: Context): number | undefined {
  return decode(lenient, ctx.config).table;
}

function gatewaysOf(texts: readonly string[]): Map<Family, Ip> {
  const gateways = new Map<Family, Ip>();
  for (const text of texts) {
    const ip = Ip.parse(text);
    const other = gateways.get(ip.family);
    if (other !== undefined) {
      throw invalidConfig(
        `gateways list contains multiple IPv${ip.family} addresses: ${other} and ${text}`,
      );
    }
    gateways.set(ip.family, ip);
  }
  return gateways;
}

/** The addresses of the result that are, or may be, the interface's; none without a result. */
export function sourceAddresses(result: Result | undefined, ifName: string): SourceAddress[] {
  const found = new Map<string, SourceAddress>();
  for (const { address, gateway } of result === undefined ? [] : addressesOf(result, ifName)) {
    const prefix = Prefix.parse(address);
    const via = gateway === undefined ? undefined : Ip.parse(gateway);
    found.set(prefix.ip.toString(), { prefix, gateway: via });
  }
  return [...found.values()];
}
