import type { Ip } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import { type link, route } from "../../../kernel/route/index.ts";
import { readSysctl, writeSysctl } from "../../../kernel/sysctl/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import {
  changed,
  differs,
  type Kind,
  kindOf,
  made,
  type Scene,
  stays,
} from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/**
 * Lets the host reach mapped ports by its loopback address: packets from 127.0.0.1 may then leave
 * by the link that leads to the container, where they are masqueraded. The link is shared by other
 * containers, so DEL leaves the switch as it is.
 */
export const localnet: Kind<Ip> = kindOf({
  name: "loopback routing",
  describe: (_scene, address) => `127.0.0.1 of the host may reach ${address.toString()}`,

  compare(scene, address) {
    const key = ownKeyOf(scene, address);
    if (key === undefined) return made();
    return readSysctl(key) === "1" ? stays("it may already") : changed(`${key} is off`);
  },

  apply({ namespaces }, address, rollback) {
    const key = keyOf(linkTo(namespaces, address));
    if (key === undefined || readSysctl(key) === "1") return;
    try {
      writeSysctl(key, "1");
    } catch (cause) {
      const msg = `unable to enable route_localnet: ${errorText(cause)}`;
      throw new CniError(ErrorCode.IO_FAILURE, msg, { cause });
    }
    rollback.defer(() => writeSysctl(key, "0"));
  },

  restore(scene, address) {
    const key = ownKeyOf(scene, address);
    if (key !== undefined) writeSysctl(key, "1");
  },

  check(scene, address) {
    const key = ownKeyOf(scene, address);
    if (key !== undefined && readSysctl(key) !== "1") throw differs(`${key} is not 1`);
  },
});

/**
 * The switch of a link that the result has, or that stands on such a one as a bridge's VLAN does. The route to the container may
 * lead elsewhere by now, or before it is there: on a link that leads out of the host, the switch would open 127.0.0.1 to others.
 */
function ownKeyOf({ namespaces, ctx }: Scene, dst: Ip): string | undefined {
  const out = linkTo(namespaces, dst);
  const parent =
    out?.linkIndex === undefined ? undefined : namespaces.hostLinks.get({ index: out.linkIndex });
  const names = (ctx.prevResult?.interfaces ?? []).map(({ name }) => name);
  const isOwn = [out, parent].some((link) => link !== undefined && names.includes(link.name));
  return isOwn ? keyOf(out) : undefined;
}

/** The link that leads to the container. */
function linkTo({ host, hostLinks }: Namespaces, dst: Ip): link.Link | undefined {
  const index = route.get(host, { dst })?.index;
  return index === undefined ? undefined : hostLinks.get({ index });
}

function keyOf(out: link.Link | undefined): string | undefined {
  return out && `net/ipv4/conf/${out.name}/route_localnet`;
}
