import type { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Result } from "../../spec/index.ts";
import { differs } from "../../steps/index.ts";

/**
 * Compares the container's link with what ADD, or a later plugin of the chain, said of it: MAC and
 * MTU, as far as the previous result has them.
 * @throws CniError of a CHECK.
 */
export function checkPromised(ctx: Context, promised: Result, found: link.Link): void {
  const { ifName, netns } = ctx;
  const own = promised.interfaces.find((each) => each.name === ifName && each.sandbox === netns);
  const { mac = "", mtu } = own ?? {};
  if (mac !== "" && mac.toLowerCase() !== found.address) {
    throw differs(`MAC of ${ifName} is ${found.address ?? "none"} instead of ${mac}`);
  }
  if (mtu !== undefined && mtu !== 0 && mtu !== found.mtu) {
    throw differs(`MTU of ${ifName} is ${found.mtu} instead of ${mtu}`);
  }
}
