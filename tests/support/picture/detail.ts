import type {
  AttachmentDetailForm,
  AttachmentForm,
  CallGroupForm,
} from "../../../src/forms/index.ts";
import { named } from "./attachments.ts";

/** An attachment with all that is known of it; one that drifts lacks its address, its route and its bridge. */
export function detailOf(
  attachment: AttachmentForm,
  index: number,
  calls: readonly CallGroupForm[],
): AttachmentDetailForm {
  const { network, addresses, hostLink, ports, mac = "", netns, containerId, since } = attachment;
  const isDrift = attachment.state === "drift";
  const isBlue = network === "bluenet";
  const gw = isBlue ? "10.2.0.1" : "10.1.0.1";
  const routes = [{ dst: "0.0.0.0/0", gw }];
  return {
    ...attachment,
    ...(isDrift && hostLink !== undefined ? { hostLink: { ...hostLink, master: undefined } } : {}),
    asked: {
      cniVersion: "1.1.0",
      name: network,
      plugins: [
        {
          ...{ type: "bridge", bridge: isBlue ? "cni1" : "cni0", isGateway: true, ipMasq: true },
          ipam: {
            type: "host-local",
            ranges: [[{ subnet: isBlue ? "10.2.0.0/16" : "10.1.0.0/20" }]],
            routes: [{ dst: "0.0.0.0/0" }],
          },
        },
        { type: "portmap", capabilities: { portMappings: true } },
      ],
    },
    promised: {
      cniVersion: "1.1.0",
      interfaces: [
        { name: isBlue ? "cni1" : "cni0", mac: "0a:58:0a:01:00:01" },
        { name: hostLink?.name, mac: "be:ef:00:00:00:01" },
        { name: "eth0", mac, mtu: 1500, sandbox: netns },
      ],
      ips: addresses.map((address) => ({ address, interface: 2 })),
      routes,
      dns: {},
    },
    inside: {
      link: { name: "eth0", index: 2, kind: "veth", up: true, mtu: isDrift ? 1400 : 1500, mac },
      addresses: [...(isDrift ? [] : addresses), "fe80::858:aff:fe01:1/64"],
      routes: isDrift ? [] : [{ dst: "default", gw }],
    },
    routes,
    rules: ports.map(({ hostPort }) => {
      const owner = { network, containerId, ifName: "eth0" };
      const text = `tcp . ${hostPort} : ${addresses[0]?.split("/")[0]} . 80`;
      return { place: "inet hawser ports", text, owner };
    }),
    history: [
      { ...named(attachment), netns, addresses, from: since, present: attachment.state === "ok" },
    ],
    calls,
    problems: index === 7 ? ["the namespace cannot be entered: permission denied"] : [],
  };
}
