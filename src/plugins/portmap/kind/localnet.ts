import type { Ip } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import { route } from "../../../kernel/route/index.ts";
import { readSysctl, writeSysctl } from "../../../kernel/sysctl/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { changed, differs, type Kind, kindOf, made, stays } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/**
 * Lets the host reach mapped ports by its loopback address: packets from 127.0.0.1 may then leave
 * by the link that leads to the container, where they are masqueraded. The link is shared by other
 * containers, so DEL leaves the switch as it is.
 */
export const localnet: Kind<Ip> = kindOf({
  name: "loopback routing",
  describe: (_scene, address) => `127.0.0.1 of the host may reach ${address.toString()}`,

  /** Before the container is there, its route may lead elsewhere: only links of the result count. */
  compare({ namespaces, ctx }, address) {
    const key = keyOf(namespaces, address);
    const names = (ctx.prevResult?.interfaces ?? []).map(({ name }) => name);
    if (key === undefined || !names.some((name) => key.includes(`/${name}/`))) return made();
    return readSysctl(key) === "1" ? stays("it may already") : changed(`${key} is off`);
  },

  apply({ namespaces }, address, rollback) {
    const key = keyOf(namespaces, address);
    if (key === undefined || readSysctl(key) === "1") return;
    try {
      writeSysctl(key, "1");
    } catch (cause) {
      const msg = `unable to enable route_localnet: ${errorText(cause)}`;
      throw new CniError(ErrorCode.IO_FAILURE, msg, { cause });
    }
    rollback.defer(() => writeSysctl(key, "0"));
  },

  restore({ namespaces }, address) {
    const key = keyOf(namespaces, address);
    if (key !== undefined) writeSysctl(key, "1");
  },

  check({ namespaces }, address) {
    const key = keyOf(namespaces, address);
    if (key !== undefined && readSysctl(key) !== "1") throw differs(`${key} is not 1`);
  },
});

/** The switch of the link that leads to the container. */
function keyOf({ host, hostLinks }: Namespaces, dst: Ip): string | undefined {
  const index = route.get(host, { dst })?.index;
  const out = index === undefined ? undefined : hostLinks.get({ index });
  return out === undefined ? undefined : `net/ipv4/conf/${out.name}/route_localnet`;
}
