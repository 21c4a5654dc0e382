import { addTo, defined } from "../../base/index.ts";
import type { AttachmentNameForm, HostLinkForm, LinksForm } from "../../forms/index.ts";
import type { NodeView } from "../../view/attachments/index.ts";
import { type HostSide, hostSide } from "../../view/host/index.ts";
import { ProblemList } from "./problem.ts";
import { bounded, LIMIT, type Resource } from "./resource.ts";

export const links: Resource = {
  path: "links",
  summary: "The links of the host, with the attachments of each.",
  parameters: [LIMIT],
  form: "links",
  answer({ look: { view } }, { query }): LinksForm {
    const problems = new ProblemList(view);
    const host = hostSide(view, problems.note);
    const { first, more } = bounded(hostLinksOf(view, host), query.number("limit"));
    return { links: first, more, problems: problems.texts };
  },
};

/** The links of the host, in the order of the kernel. */
export function hostLinksOf(view: NodeView, host: HostSide | undefined): HostLinkForm[] {
  const owners = ownersOf(view, host);
  const addresses = Map.groupBy(host?.addresses ?? [], (each) => each.link);
  const gateways = Map.groupBy(host?.defaultRoutes ?? [], (each) => each.link);
  return [...(view.links?.byName.values() ?? [])].map((each): HostLinkForm => {
    const { name, index, kind, up, operstate, mtu = 0, mac, master, parent, peer, vlan } = each;
    return {
      ...{ name, index, ...defined({ kind }), up, operstate, mtu },
      ...defined({ mac, master, parent, peer, vlan }),
      attachments: owners.get(name) ?? [],
      addresses: (addresses.get(name) ?? []).map(({ address }) => address),
      gateways: (gateways.get(name) ?? []).map(({ gw, family }) => gw ?? `IPv${family}`),
    };
  });
}

/** By the names of links: whose end each is, and whose interface stands on it. */
function ownersOf(
  { attachments }: NodeView,
  host: HostSide | undefined,
): ReadonlyMap<string, readonly AttachmentNameForm[]> {
  const owners = new Map<string, AttachmentNameForm[]>();
  const add = (name: string, { network, containerId, ifName }: AttachmentNameForm): void => {
    addTo(owners, name, { network, containerId, ifName });
  };
  for (const one of attachments) if (one.hostLink !== undefined) add(one.hostLink.name, one);
  for (const one of host?.standing ?? []) add(one.parent, one);
  return owners;
}
