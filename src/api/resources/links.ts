import { addTo, defined } from "../../base/index.ts";
import type { AttachmentNameForm, HostLinkForm, LinksForm } from "../../forms/index.ts";
import { link, RouteSocket } from "../../kernel/route/index.ts";
import type { NodeView } from "../../view/attachments/index.ts";
import { type HostSide, hostSide } from "../../view/host/index.ts";
import { type OnProblem, orProblem, type Problem } from "../../view/sources/index.ts";
import { problemText } from "./problem.ts";
import { bounded, LIMIT, type Resource } from "./resource.ts";

export const links: Resource = {
  path: "links",
  summary: "The links of the host, with the attachments of each.",
  parameters: [LIMIT],
  form: "links",
  answer({ look: { view } }, { query }): LinksForm {
    const problems: Problem[] = [];
    const onProblem: OnProblem = (problem) => problems.push(problem);
    const host = hostSide(view.attachments, onProblem);
    const { first, more } = bounded(hostLinksOf(view, host, onProblem), query.number("limit"));
    return { links: first, more, problems: problems.map(problemText) };
  },
};

/** The links of the host as the kernel has them now; names of others are those of the view. */
export function hostLinksOf(
  view: NodeView,
  host: HostSide | undefined,
  onProblem: OnProblem,
): HostLinkForm[] {
  const all = orProblem("the kernel's links", onProblem, () => {
    using socket = RouteSocket.open();
    return link.list(socket);
  });
  const owners = ownersOf(view, host);
  const addresses = Map.groupBy(host?.addresses ?? [], (each) => each.link);
  const gateways = Map.groupBy(host?.defaultRoutes ?? [], (each) => each.link);
  return (all ?? []).map((each): HostLinkForm => {
    const { name, index, kind, up, operstate, mtu, address: mac } = each;
    const { master, parent, peer } = view.links?.byName.get(name) ?? {};
    return {
      ...{ name, index, ...defined({ kind }), up, operstate, mtu },
      ...defined({ mac, master, parent, peer, vlan: each.vlan?.id }),
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
