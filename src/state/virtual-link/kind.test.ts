import { kindContract, type Sabotage } from "../../../tests/support/kind-contract.ts";
import type { WantedLink } from "./check.ts";
import type { VirtualLinkKind } from "./kernel-kind.ts";
import { virtualLink } from "./kind.ts";

const parent = { name: "uplink0", inContainer: false };

const gone: Sabotage = {
  does({ containerLinks }, { ifName }) {
    containerLinks.delete(containerLinks.get({ name: ifName })?.index ?? 0);
  },
  says: "eth0",
  staysLost: "identity alone cannot put it back",
};

const replaced: Sabotage = {
  does(namespaces, owner) {
    gone.does(namespaces, owner);
    namespaces.containerLinks.add({ name: owner.ifName, kind: "bridge" });
  },
  says: "bridge",
  staysLost: "identity alone cannot put it back",
};

const KINDS: readonly [VirtualLinkKind, WantedLink][] = [
  ["dummy", { mtu: 1400, mac: "random", settings: {} }],
  ["macvlan", { parent, mtu: 1400, mac: "random", settings: { macvlan: { mode: "bridge" } } }],
  ["ipvlan", { parent, mtu: 0, settings: { ipvlan: { mode: "l2" } } }],
  ["vlan", { parent, mtu: 0, settings: { vlan: { id: 7 } } }],
];

for (const [name, wanted] of KINDS) {
  const kind = virtualLink(name);
  kindContract({
    kinds: [kind],
    prepare({ hostLinks }, number) {
      if (number === 1) hostLinks.add({ name: "uplink0", kind: "dummy", up: true });
    },
    want: (scene) => [kind.want(scene, wanted)],
    sabotages: { "a link that is gone": gone, "a link of another kind": replaced },
  });
}
