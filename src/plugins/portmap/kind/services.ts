import { address, type link } from "../../../kernel/route/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import { portsLayout, services } from "./own.ts";

/** The link that kube-proxy in its IPVS mode gives the addresses of all services. */
const SERVICES_LINK = "kube-ipvs0";

/** The comment of an element; no attachment has such a name. */
const MARK = `#${SERVICES_LINK}`;

/**
 * Leaves the addresses of the cluster's services alone: they are local to every node, so a mapped
 * port would capture what is meant for them. Costs one look where there is no such link.
 */
export function spareServices(namespaces: Namespaces): void {
  const found = namespaces.hostLinks.get({ name: SERVICES_LINK });
  if (found !== undefined) keepServices(namespaces, found);
}

function keepServices(namespaces: Namespaces, { index }: link.Link): void {
  const nft = nftables(namespaces);
  const { family, table } = portsLayout;
  const addresses = address.list(namespaces.host, { index }).map(({ prefix }) => prefix.ip);
  nft.commitPlanned((batch) => {
    if (nft.getTable(family, table) === undefined) return;
    for (const version of [4, 6] as const) {
      const set = services(version);
      const there = new Map(
        nft.listElements(family, table, set.name).map(({ key }) => [key.join("."), key]),
      );
      const wanted = addresses.filter((ip) => ip.family === version).map(({ bytes }) => bytes);
      const keys = new Set(wanted.map((key) => key.join(".")));
      const surplus = [...there].filter(([text]) => !keys.has(text)).map(([, key]) => key);
      const missing = wanted.filter((key) => !there.has(key.join(".")));
      batch.delElements(set, surplus);
      batch.addElements(
        set,
        missing.map((key) => ({ key, comment: MARK })),
      );
    }
  });
}
