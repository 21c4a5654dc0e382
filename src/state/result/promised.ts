import type { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Interface, Result } from "../../spec/index.ts";
import { differs } from "../differs.ts";

/** Of an interface as the kernel, or a result that was read back from it, has it. */
type Found = Pick<link.Link, "name" | "mtu">;

/**
 * Compares the container's link with what ADD, or a later plugin of the chain, said of it: its MAC
 * and its MTU, and the MTU of `hosts`, the links that lead to it. What the result does not tell, as
 * the MTU before 1.1.0, may have been changed by a later plugin, so it is not compared.
 * @throws CniError of a CHECK.
 */
export function checkPromised(
  ctx: Context,
  promised: Result,
  found: link.Link,
  hosts: readonly Found[] = [],
): void {
  const { ifName, netns } = ctx;
  const own = promised.interfaces.find((each) => each.name === ifName && each.sandbox === netns);
  const mac = own?.mac ?? "";
  if (mac !== "" && mac.toLowerCase() !== found.address) {
    throw differs(`MAC of ${ifName} is ${found.address ?? "none"} instead of ${mac}`);
  }
  checkMtu(own, { name: ifName, mtu: found.mtu });
  for (const host of hosts) {
    checkMtu(
      promised.interfaces.find(({ name, sandbox = "" }) => name === host.name && sandbox === ""),
      host,
    );
  }
}

/** Absent and 0 are the kernel's choice. */
function checkMtu(promised: Interface | undefined, { name, mtu }: Found): void {
  const wanted = promised?.mtu ?? 0;
  if (wanted !== 0 && wanted !== mtu) {
    throw differs(`MTU of ${name} is ${mtu} instead of ${wanted}`);
  }
}
