import { defined } from "../../base/index.ts";
import type { AttachmentNameForm, HostLinkForm, LinksForm } from "../../forms/index.ts";
import { address, link, RouteSocket, route } from "../../kernel/route/index.ts";
import { field, isObject, parseJson } from "../../spec/index.ts";
import type { NodeAttachment, NodeView } from "../../view/attachments/index.ts";
import { orProblem, type Problem } from "../../view/sources/index.ts";
import { problemText } from "./problem.ts";
import { bounded, LIMIT, type Resource } from "./resource.ts";

export const links: Resource = {
  path: "links",
  summary: "The links of the host, with the attachments of each.",
  parameters: [LIMIT],
  form: "links",
  answer({ look: { view } }, { query }): LinksForm {
    return hostLinksOf(view, query.number("limit"));
  },
};

/** What the kernel has of the host's links. */
export function hostLinksOf(view: NodeView, limit?: number): LinksForm {
  const problems: Problem[] = [];
  const found = orProblem(
    "the kernel's list of links",
    (problem) => problems.push(problem),
    () => {
      using socket = RouteSocket.open();
      return {
        all: link.list(socket),
        addresses: Map.groupBy(address.list(socket), ({ index }) => index),
        gateways: gatewaysOf(socket),
      };
    },
  );
  const { all = [], addresses, gateways } = found ?? {};
  const names = new Map(all.map(({ index, name }) => [index, name]));
  const owners = ownersOf(view, gateways === undefined ? undefined : [...gateways.keys()], names);
  const { first, more } = bounded(all, limit);
  return {
    links: first.map((each): HostLinkForm => {
      const { name, index, kind, up, operstate, master, mtu, address: mac, linkIndex } = each;
      const isPair = kind === "veth" || each.linkNetnsId !== undefined;
      return {
        ...{ name, index, ...defined({ kind }), up, operstate, mtu },
        ...defined({
          mac,
          master: master === undefined ? undefined : names.get(master),
          parent: isPair || linkIndex === undefined ? undefined : names.get(linkIndex),
        }),
        attachments: owners.get(name) ?? [],
        addresses: (addresses?.get(index) ?? []).map(({ prefix }) => prefix.toString()),
        gateways: gateways?.get(index) ?? [],
      };
    }),
    more,
    problems: problems.map(problemText),
  };
}

/** By the index of the link, where its default routes lead. */
function gatewaysOf(socket: RouteSocket): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>();
  const defaults = route.list(socket, {
    table: route.RT_TABLE_MAIN,
    where: ({ dst }) => dst.length === 0,
  });
  for (const { index, gateway, dst, multipath } of defaults) {
    const ways = [{ index, gateway }, ...(multipath ?? [])];
    for (const way of ways) {
      if (way.index === undefined) continue;
      const text = way.gateway?.toString() ?? `IPv${dst.family}`;
      found.set(way.index, [...(found.get(way.index) ?? []), text]);
    }
  }
  return found;
}

/** Plugins that put a link of a container on one of the host. */
const ON_PARENT = ["macvlan", "ipvlan", "vlan"];

/** The attachments of each link, by its name: whose end it is, and whose link stands on it. */
function ownersOf(
  { attachments }: NodeView,
  uplinks: readonly number[] | undefined,
  names: ReadonlyMap<number, string>,
): ReadonlyMap<string, readonly AttachmentNameForm[]> {
  const owners = new Map<string, AttachmentNameForm[]>();
  const parents = new Map<string, string | undefined>();
  const usual = names.get(uplinks?.[0] ?? 0);
  for (const one of attachments) {
    const { network, containerId, ifName, hostLink } = one;
    const name = hostLink?.name ?? parentOf(one, parents, usual);
    if (name === undefined) continue;
    const own = { network, containerId, ifName };
    const others = owners.get(name);
    if (others === undefined) owners.set(name, [own]);
    else others.push(own);
  }
  return owners;
}

/** By the configuration of its ADD, which most attachments have in common. */
function parentOf(
  { cached }: NodeAttachment,
  known: Map<string, string | undefined>,
  usual: string | undefined,
): string | undefined {
  const text = cached?.config ?? "";
  if (text === "") return undefined;
  if (!known.has(text)) known.set(text, parentIn(text, usual));
  return known.get(text);
}

function parentIn(text: string, usual: string | undefined): string | undefined {
  try {
    const json = parseJson(text);
    const list = isObject(json) ? (field(json, "plugins") ?? [json]) : [];
    const [first] = Array.isArray(list) ? list : [];
    if (!isObject(first)) return undefined;
    const [type, master] = [field(first, "type"), field(first, "master")];
    if (!ON_PARENT.some((each) => each === type)) return undefined;
    return typeof master === "string" && master !== "" ? master : usual;
  } catch {
    return undefined;
  }
}
