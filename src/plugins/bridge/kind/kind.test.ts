import { describe } from "bun:test";
import { kindContract, type Sabotage } from "../../../../tests/support/kind-contract.ts";
import { Ip, Mac, Prefix } from "../../../addr/index.ts";
import { address, neighbour, vlan } from "../../../kernel/route/index.ts";
import { emptyResult, type Result } from "../../../spec/index.ts";
import type { Scene } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import { ownHostLinks, type VethPair, vethPair } from "../../../state/veth/index.ts";
import { gatewayAddresses } from "./gateway.ts";
import { type BridgeLink, bridgeLink } from "./link.ts";
import { sourceCheck } from "./macspoof/kind.ts";
import { bridgePort } from "./port.ts";
import { staticNeighbours } from "./static-neighbours.ts";
import { unusedBridge } from "./unused.ts";
import { portVlans } from "./vlan.ts";
import { vlanGateway } from "./vlan-gateway.ts";

const GATEWAYS = ["10.1.0.1/24", "fd00:1::1/64"].map((text) => Prefix.parse(text));

/** The links of an attachment, as the plugin makes them. */
function linksOf(scene: Scene, joins: boolean): { bridge: BridgeLink; pair: VethPair } {
  const bridge = bridgeLink.want(scene, {
    ...{ name: "br0", mtu: 1400, promiscuous: true, hasVlans: false, settings: {} },
    ...{ removable: true, isGateway: true },
  });
  const settings = () => ({ master: bridge.index(), up: true });
  const hostSettings = joins ? settings : undefined;
  return { bridge, pair: vethPair.want(scene, { mtu: 0, isPort: true, hostSettings }) };
}

function resultOf(number: number): Result {
  const ips = [`10.1.0.1${number}/24`, `fd00:1::1${number}/64`].map((text) => ({ address: text }));
  return { ...emptyResult("1.1.0"), ips };
}

function port(namespaces: Namespaces, owner: Parameters<typeof ownHostLinks>[1]): number {
  return ownHostLinks(namespaces, owner)[0]?.index ?? 0;
}

function bridge({ hostLinks }: Namespaces): number {
  return hostLinks.get({ name: "br0" })?.index ?? 0;
}

const bridgeIsDown: Sabotage = {
  does: (namespaces) => namespaces.hostLinks.set(bridge(namespaces), { up: false }),
  says: "bridge br0 is down",
};

kindContract({
  kinds: [unusedBridge, bridgeLink, vethPair, bridgePort],
  // The bridge goes with the last port where the configuration of the DEL says so.
  more: () => ({ config: { bridge: "br0", removeUnused: true } }),
  want(scene) {
    const links = linksOf(scene, true);
    const wanted = { ...links, isJoined: true, hairpin: true, isolated: true };
    return [links.bridge, links.pair, bridgePort.want(scene, wanted)];
  },
  sabotages: {
    "a bridge that is gone": {
      does: (namespaces) => namespaces.hostLinks.delete(bridge(namespaces)),
      says: "bridge br0 is missing on the host",
    },
    "a bridge that is down": bridgeIsDown,
    "a bridge that is not promiscuous": {
      does: (namespaces) => namespaces.hostLinks.set(bridge(namespaces), { promisc: false }),
      says: "bridge br0 is not promiscuous",
    },
    "a port that left": {
      does: (namespaces, owner) => namespaces.hostLinks.set(port(namespaces, owner), { master: 0 }),
      says: "is no port of bridge br0",
    },
    "a port that is down": {
      does: (namespaces, owner) => namespaces.hostLinks.set(port(namespaces, owner), { up: false }),
      says: "is down",
    },
    "another hairpin mode": {
      does: (namespaces, owner) =>
        namespaces.hostLinks.setPort(port(namespaces, owner), { hairpin: false }),
      says: "hairpin mode",
    },
    "another isolation": {
      does: (namespaces, owner) =>
        namespaces.hostLinks.setPort(port(namespaces, owner), { isolated: false }),
      says: "isolation",
    },
  },
});

describe("a bridge of the operator's, which is down", () => {
  kindContract({
    kinds: [unusedBridge, bridgeLink, vethPair],
    prepare({ hostLinks }, number) {
      if (number === 1) hostLinks.add({ name: "br0", kind: "bridge" });
    },
    more: () => ({ config: { bridge: "br0", removeUnused: true } }),
    want(scene) {
      const { bridge: link, pair } = linksOf(scene, true);
      return [link, pair];
    },
    sabotages: { "a bridge that is down": bridgeIsDown },
  });
});

kindContract({
  kinds: [bridgeLink, vethPair, bridgePort, gatewayAddresses],
  want(scene) {
    const links = linksOf(scene, true);
    const wanted = { ...links, ofVlan: undefined, gateways: () => GATEWAYS, force: false };
    return [links.bridge, links.pair, gatewayAddresses.want(scene, wanted)];
  },
  sabotages: {
    "a gateway address that is gone": {
      does: (namespaces) =>
        address.delete(namespaces.host, {
          index: bridge(namespaces),
          prefix: Prefix.parse("10.1.0.1/24"),
        }),
      says: "gateway address 10.1.0.1/24 is missing on br0",
    },
  },
});

kindContract({
  kinds: [bridgeLink, sourceCheck, vethPair, bridgePort],
  want(scene) {
    const links = linksOf(scene, false);
    const checked = (): { name: string; mac: Mac } => {
      const { container, host } = links.pair.ends();
      return { name: host.name, mac: Mac.parse(container.address ?? "") };
    };
    const wanted = { ...links, isJoined: false, hairpin: false, isolated: false };
    return [
      ...[links.bridge, links.pair, sourceCheck.want(scene, checked)],
      bridgePort.want(scene, wanted),
    ];
  },
  sabotages: {
    "a table that is gone": {
      does(namespaces) {
        const nft = nftables(namespaces);
        for (const { family, name } of nft.listTables()) {
          nft.commit((batch) => batch.delTable({ family, name }));
        }
      },
      says: "source check: ",
    },
  },
});

kindContract({
  kinds: [bridgeLink, staticNeighbours, vethPair, bridgePort],
  want(scene, number) {
    const links = linksOf(scene, true);
    const link = () => links.bridge.link();
    const linkName = () => links.bridge.wantedName;
    const wanted = { ...links, link, linkName, result: () => resultOf(number) };
    return [links.bridge, links.pair, staticNeighbours.want(scene, wanted)];
  },
  sabotages: {
    "an entry that is gone": {
      does: (namespaces) =>
        neighbour.delete(namespaces.host, {
          index: bridge(namespaces),
          ip: Ip.parse("10.1.0.11"),
        }),
      says: "br0 does not know 10.1.0.11",
    },
    "an entry with another MAC": {
      does: (namespaces) =>
        neighbour.replace(namespaces.host, {
          index: bridge(namespaces),
          ip: Ip.parse("10.1.0.11"),
          address: "02:00:00:00:00:99",
        }),
      says: "10.1.0.11 has the MAC 02:00:00:00:00:99 on br0",
      staysLost: "another container has the address",
    },
  },
});

kindContract({
  kinds: [bridgeLink, vethPair, bridgePort, portVlans, vlanGateway, gatewayAddresses],
  want(scene) {
    const links = linksOf(scene, true);
    const ofVlan = vlanGateway.want(scene, { bridge: "br0", pair: links.pair, vid: 7, mtu: 0 });
    const gateways = () => GATEWAYS;
    const vlans = [
      { first: 7, last: 7, pvid: true, untagged: true },
      { first: 20, last: 22 },
    ];
    return [
      ...[links.bridge, links.pair, portVlans.want(scene, { ...links, vlans, keepDefault: false })],
      ...[ofVlan, gatewayAddresses.want(scene, { ...links, ofVlan, gateways, force: false })],
    ];
  },
  sabotages: {
    "a VLAN that is gone": {
      does: (namespaces, owner) =>
        vlan.delete(namespaces.host, { index: port(namespaces, owner) }, [{ first: 21, last: 21 }]),
      says: "is not in VLAN 21",
    },
    "a VLAN that is treated in another way": {
      does: (namespaces, owner) =>
        vlan.add(namespaces.host, { index: port(namespaces, owner) }, [
          { first: 20, last: 20, untagged: true },
        ]),
      says: "is in VLAN 20 untagged, not tagged",
    },
    "a VLAN too many": {
      does: (namespaces, owner) =>
        vlan.add(namespaces.host, { index: port(namespaces, owner) }, [{ first: 9, last: 9 }]),
      says: "is also in VLAN 9",
    },
    "a gateway that is gone": {
      does: ({ hostLinks }) => hostLinks.delete(hostLinks.get({ name: "br0.7" })?.index ?? 0),
      says: "br0.7 is missing on the host",
    },
    "a gateway address that is gone": {
      does({ host, hostLinks }) {
        const index = hostLinks.get({ name: "br0.7" })?.index ?? 0;
        address.delete(host, { index, prefix: Prefix.parse("fd00:1::1/64") });
      },
      says: "gateway address fd00:1::1/64 is missing on br0.7",
    },
    "a gateway that is down": {
      does: ({ hostLinks }) => hostLinks.set({ name: "br0.7" }, { up: false }),
      says: "br0.7 does not lead to VLAN 7 of bridge br0",
    },
  },
});
