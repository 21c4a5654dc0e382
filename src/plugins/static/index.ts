import { type Context, definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import type { IpConfig } from "../../spec/index.ts";
import { differs } from "../../state/index.ts";
import { parseConfig } from "./config.ts";

/** Hands on the addresses of the configuration. It keeps no state, so DEL and GC have no work. */
export const plugin: Plugin = definePlugin({
  name: "static",
  version: "0.1.0",
  add: parseConfig,
  del: () => undefined,
  check,
  status: (ctx) => {
    parseConfig(ctx);
  },
  plan: (ctx) => {
    const { ips } = parseConfig(ctx);
    const list = ips.map(({ address }) => address).join(", ");
    return [`addresses: ${list === "" ? "none" : list}`];
  },
});

/** Every address, with its gateway, must be in the result. */
function check(ctx: Context): void {
  const { ips } = parseConfig(ctx);
  const promised = requirePrevResult(ctx).ips;
  for (const wanted of ips) checkAddress(wanted, promised);
}

function checkAddress(wanted: IpConfig, promised: readonly IpConfig[]): void {
  const same = promised.filter(({ address }) => address === wanted.address);
  if (same.length === 0) {
    throw differs(`address ${wanted.address} is not in the result`);
  }
  if (wanted.gateway === undefined) return;
  if (same.some(({ gateway }) => gateway === wanted.gateway)) return;
  const found = same[0]?.gateway ?? "none";
  throw differs(`the gateway of ${wanted.address} is ${found}, not ${wanted.gateway}`);
}
