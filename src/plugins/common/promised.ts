import type { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Result } from "../../spec/index.ts";
import { differs } from "../../steps/index.ts";

/**
 * Compares the container's link with what ADD, or a later plugin of the chain, said of it: its MAC,
 * and its MTU, which is `configured` where the previous result says nothing of it. Absent and 0 are
 * the kernel's choice.
 * @throws CniError of a CHECK.
 */
export function checkPromised(
  ctx: Context,
  promised: Result,
  found: link.Link,
  configured?: number,
): void {
  const { ifName, netns } = ctx;
  const own = promised.interfaces.find((each) => each.name === ifName && each.sandbox === netns);
  const mac = own?.mac ?? "";
  if (mac !== "" && mac.toLowerCase() !== found.address) {
    throw differs(`MAC of ${ifName} is ${found.address ?? "none"} instead of ${mac}`);
  }
  const mtu = own?.mtu ?? configured ?? 0;
  if (mtu !== 0 && mtu !== found.mtu) {
    throw differs(`MTU of ${ifName} is ${found.mtu} instead of ${mtu}`);
  }
}
