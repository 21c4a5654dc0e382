import type { Prefix } from "../../../addr/index.ts";
import { address, type link } from "../../../kernel/route/index.ts";
import { CniError, ErrorCode, type IpConfig } from "../../../spec/index.ts";
import {
  changed,
  differs,
  type Kind,
  kindOf,
  restored,
  type Scene,
  stays,
} from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { LOOPBACK } from "../config.ts";

/** The container's loopback interface, up. What it wants are the addresses that CHECK finds. */
export const loopbackUp: Kind<readonly Prefix[]> = kindOf({
  name: "loopback up",
  describe: () => `${LOOPBACK} of the container goes up`,

  compare({ namespaces }) {
    const { up } = findLoopback(namespaces);
    refuseForeignAddress(namespaces);
    return up ? stays("it is up") : changed("it is down");
  },

  apply({ namespaces }, _expected, rollback) {
    const { containerLinks } = namespaces;
    const { index, up } = findLoopback(namespaces);
    refuseForeignAddress(namespaces);
    if (up) return;
    rollback.defer(() => containerLinks.set(index, { up: false }));
    containerLinks.set(index, { up: true });
  },

  restore({ namespaces }) {
    namespaces.containerLinks.set(findLoopback(namespaces).index, { up: true });
  },

  check({ namespaces }, expected) {
    if (!findLoopback(namespaces).up) throw differs("loopback interface is down");
    const found = addressesOf(namespaces);
    const missing = expected.find((wanted) => !found.some(({ prefix }) => prefix.equals(wanted)));
    if (missing !== undefined) throw differs(`loopback interface lacks the address ${missing}`);
  },

  undo(scene) {
    const own = ownLoopback(scene);
    if (own !== undefined) scene.namespaces.containerLinks.set(own.index, { up: false });
  },

  found: (scene) =>
    ownLoopback(scene)?.up === true ? [restored(`${LOOPBACK} of the container goes down`)] : [],
});

/** Undefined where there is no namespace, or it is the host's. */
function ownLoopback({ namespaces }: Scene): link.Link | undefined {
  const { netns, hostNetns } = namespaces;
  return netns === undefined || netns.same(hostNetns) ? undefined : findLoopback(namespaces);
}

/** The addresses for the result: the first of each family, IPv4 before IPv6. */
export function loopbackIps(namespaces: Namespaces): IpConfig[] {
  const found = addressesOf(namespaces);
  return ([4, 6] as const).flatMap((family) => {
    const first = found.find((each) => each.family === family);
    return first === undefined ? [] : [{ address: first.prefix.toString(), interface: 0 }];
  });
}

function addressesOf(namespaces: Namespaces): address.Address[] {
  const { index } = findLoopback(namespaces);
  return address.list(namespaces.container, { index });
}

function refuseForeignAddress(namespaces: Namespaces): void {
  const foreign = addressesOf(namespaces).find(({ prefix }) => !prefix.ip.isLoopback);
  if (foreign === undefined) return;
  throw new CniError(
    ErrorCode.INVALID_NETNS,
    `loopback interface found with non-loopback address ${JSON.stringify(String(foreign.prefix.ip))}`,
    { details: "remove that address, or hand over a network namespace of the container's own" },
  );
}

function findLoopback({ containerLinks }: Namespaces): link.Link {
  const found = containerLinks.get({ name: LOOPBACK });
  if (found !== undefined) return found;
  throw new CniError(ErrorCode.INVALID_NETNS, `the network namespace has no link ${LOOPBACK}`);
}
