import { kindContract } from "../../../../tests/support/kind-contract.ts";
import { Ip, Prefix } from "../../../addr/index.ts";
import { address, type link, route } from "../../../kernel/route/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import { forwarding } from "../../../state/forwarding/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { ownHostLinks, vethPair } from "../../../state/veth/index.ts";
import { hostEnd } from "./host-end.ts";

function host(namespaces: Namespaces, owner: Attachment): link.Link {
  const [found] = ownHostLinks(namespaces, owner);
  if (found === undefined) throw new Error("the host's end is missing");
  return found;
}

kindContract({
  kinds: [vethPair, hostEnd, forwarding],
  want(scene, number) {
    const pair = vethPair.want(scene, { mtu: 0 });
    const reachable = [
      { ip: Ip.parse(`10.1.0.1${number}`), gateway: Ip.parse("10.1.0.1") },
      { ip: Ip.parse(`fd00:1::1${number}`), gateway: Ip.parse("fd00:1::1") },
    ];
    return [
      pair,
      hostEnd.want(scene, { link: () => pair.ends().host, reachable: () => reachable }),
      forwarding.want(scene, () => new Set([4, 6] as const)),
    ];
  },
  sabotages: {
    "a host's end that is down": {
      does: (namespaces, owner) =>
        namespaces.hostLinks.set(host(namespaces, owner).index, { up: false }),
      says: "is down on the host",
    },
    "a gateway address that is gone": {
      does: (namespaces, owner) =>
        address.delete(namespaces.host, {
          index: host(namespaces, owner).index,
          prefix: Prefix.parse("10.1.0.1/32"),
        }),
      says: "gateway address 10.1.0.1/32 is missing",
    },
    "a route that is gone": {
      does: (namespaces, owner) =>
        route.delete(namespaces.host, {
          index: host(namespaces, owner).index,
          dst: Prefix.parse("fd00:1::11/128"),
        }),
      says: "the host's route to fd00:1::11/128",
    },
  },
});
