import { address, type RouteSocket, route } from "../../kernel/route/index.ts";
import { readSysctl, writeSysctl } from "../../kernel/sysctl/index.ts";
import type { Rollback } from "../kind.ts";
import type { Scene } from "../scene.ts";
import { setBestEffort } from "../sysctl.ts";

/** Values of accept_ra: advertisements are taken by a host that does not forward, or in any case. */
const UNLESS_FORWARDING = "1";
const ALWAYS = "2";

/** Indexes of the links through which routers have advertised routes or addresses to the host. */
export function advertisedLinks(host: RouteSocket): ReadonlySet<number> {
  const routes = route.list(host, { family: 6, protocol: route.RTPROT_RA });
  const hops = routes.flatMap((each) => each.multipath ?? [each]);
  const lasting = address.IFA_F_PERMANENT;
  const leased = address.list(host, { family: 6, where: ({ flags }) => (flags & lasting) === 0 });
  return new Set([...hops, ...leased].flatMap(({ index }) => index ?? []));
}

/**
 * Lets the host keep what routers have advertised to it. The kernel drops such routes, and takes no
 * new ones, when the host begins to forward, unless the links are said to take them in any case.
 *
 * @param isShared Whether other attachments rely on it by the time of the rollback
 */
export function keepAdvertised(
  { namespaces, ctx }: Scene,
  isShared: () => boolean,
  rollback: Rollback,
): void {
  for (const index of advertisedLinks(namespaces.host)) {
    const name = namespaces.hostLinks.get({ index })?.name;
    if (name === undefined) continue;
    const key = `net/ipv6/conf/${name}/accept_ra`;
    if (readSysctl(key) !== UNLESS_FORWARDING) continue; // a program in its place takes them
    rollback.defer(() => {
      if (!isShared()) setBestEffort(key, UNLESS_FORWARDING);
    });
    writeSysctl(key, ALWAYS);
    ctx.log(
      `${key} is ${ALWAYS} now: the host begins to forward IPv6 and keeps what routers ` +
        `advertise on ${name}`,
    );
  }
}
