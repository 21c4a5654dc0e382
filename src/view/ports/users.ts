import { Nftables } from "../../kernel/nftables/index.ts";
import { type FoundPort, foundPorts, notedPorts } from "../../plugins/portmap/index.ts";
import { hasLegacyTable } from "../../state/iptables/index.ts";
import { OwnerStore, ownerComment } from "../../state/owner/index.ts";
import type { NodeAttachment } from "../attachments/index.ts";
import { type OnProblem, orProblem } from "../sources/index.ts";
import type { PortFacts, PortUser } from "./ports.ts";

/**
 * What notes and kernel have of mapped ports, for `portsOf`; what cannot be read is a problem.
 * @param env says where plugins keep their notes
 */
export function portFacts(
  attachments: readonly NodeAttachment[],
  env: Readonly<Record<string, string | undefined>>,
  onProblem: OnProblem,
): PortFacts {
  const users = portUsers(attachments);
  const found = kernelPorts(onProblem);
  const known = namesOfKnown(users, found);
  const noted = orProblem("the notes of mapped ports", onProblem, () =>
    notedPorts(env, (name) => known.has(name)),
  );
  return { users, noted: noted ?? [], found };
}

/** The notes of attachments whose ports a runtime remembers and the kernel has. */
function namesOfKnown(
  users: readonly PortUser[],
  found: readonly FoundPort[] = [],
): ReadonlySet<string> {
  const marks = new Set(found.map(({ mark }) => mark));
  const known = users.filter((user) => user.ports.length > 0 && marks.has(ownerComment(user)));
  return new Set(known.map((user) => OwnerStore.nameOf(user)));
}

function kernelPorts(onProblem: OnProblem): FoundPort[] | undefined {
  for (const family of [4, 6] as const) {
    if (!hasLegacyTable(family, "nat")) continue;
    const source = `table nat of iptables-legacy, IPv${family}`;
    onProblem({ source, text: "the kernel's older packet filter is not read", refused: false });
  }
  return orProblem("the kernel's packet filter", onProblem, () => {
    using nft = Nftables.open();
    return foundPorts(nft);
  });
}

function portUsers(attachments: readonly NodeAttachment[]): PortUser[] {
  return attachments.map((each) => {
    const { network, containerId, ifName, addresses, netnsState, earlierBoot, ports } = each;
    return {
      ...{ network, containerId, ifName, addresses, ports },
      isGone: earlierBoot || netnsState === "gone" || netnsState === "replaced",
    };
  });
}
