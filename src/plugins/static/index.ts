import type { Plugin } from "../../plugin/index.ts";
import type { IpConfig, Result } from "../../spec/index.ts";
import { differs, filePlugin } from "../../state/index.ts";
import { parseConfig } from "./config.ts";

export { schema } from "./config.ts";

/** Hands on the addresses of the configuration. It keeps no state, so DEL and GC have no work. */
export const plugin: Plugin = filePlugin({
  name: "static",
  config: parseConfig,
  kinds: [],
  want({ ctx, config }) {
    const { ips, routes, dns, inheriting, unused } = config;
    const list = ips.map(({ address }) => address).join(", ");
    const addresses = {
      name: "addresses",
      describe: () => (list === "" ? "none" : list),
      /** Every address, with its gateway, must be in the result. */
      check() {
        const promised = ctx.prevResult?.ips ?? [];
        for (const wanted of ips) checkAddress(wanted, promised, inheriting.has(wanted.address));
      },
    };
    const warnings = unused.map(
      (gateway) =>
        `gateway ${gateway} of the configuration is not used: no address that was asked for is of its subnet`,
    );
    const result = (): Partial<Result> => ({ ips, routes, dns });
    return { pieces: [addresses], result, expected: result, warnings };
  },
});

/** An inherited gateway may be missing from the result: releases before did not know it. */
function checkAddress(wanted: IpConfig, promised: readonly IpConfig[], inherits: boolean): void {
  const same = promised.filter(({ address }) => address === wanted.address);
  if (same.length === 0) throw differs(`address ${wanted.address} is not in the result`);
  if (wanted.gateway === undefined) return;
  if (same.some(({ gateway }) => gateway === wanted.gateway)) return;
  if (inherits && same.some(({ gateway }) => gateway === undefined)) return;
  const found = same[0]?.gateway ?? "none";
  throw differs(`the gateway of ${wanted.address} is ${found}, not ${wanted.gateway}`);
}
