import { earlierResult, makeEarlierLink } from "../../../../tests/support/container-link.ts";
import { kindContract } from "../../../../tests/support/kind-contract.ts";
import { route } from "../../../kernel/route/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { vrfLink } from "./vrf-link.ts";
import { vrfMember } from "./vrf-member.ts";

function vrf({ containerLinks }: Namespaces): number {
  return containerLinks.get({ name: "blue" })?.index ?? 0;
}

kindContract({
  kinds: [vrfLink, vrfMember],
  prepare: makeEarlierLink,
  more: (number) => ({ prevResult: earlierResult(number), config: { vrfname: "blue" } }),
  // The interface goes next, and its routes with it.
  failedDelLoses: true,
  want(scene) {
    const link = vrfLink.want(scene, { name: "blue", table: 7 });
    return [link, vrfMember.want(scene, link)];
  },
  sabotages: {
    "a VRF that is gone": {
      does: (namespaces) => namespaces.containerLinks.delete(vrf(namespaces)),
      says: "VRF blue is missing in the container",
    },
    "a VRF that is down": {
      does: (namespaces) => namespaces.containerLinks.set(vrf(namespaces), { up: false }),
      says: "VRF blue is down",
    },
    "an interface that left": {
      does: ({ containerLinks }) => containerLinks.set({ name: "eth0" }, { master: 0 }),
      says: "interface eth0 is not in VRF blue",
    },
    "a route that is gone": {
      does({ container }) {
        for (const each of route.list(container, { table: 7 })) route.delete(container, each);
      },
      says: "route to 0.0.0.0/0 of eth0 is missing in table 7, with VRF blue",
      // The plugin that made the interface puts it back, into the main table.
      staysLost: "route to 0.0.0.0/0 of eth0 is missing in table 7",
    },
  },
});
