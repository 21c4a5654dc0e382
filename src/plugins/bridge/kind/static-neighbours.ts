import { Ip, Prefix } from "../../../addr/index.ts";
import { neighbour } from "../../../kernel/route/index.ts";
import { Errno, ignoring } from "../../../kernel/sys/index.ts";
import {
  type Attachment,
  type CniError,
  isObject,
  type JsonValue,
  type Result,
} from "../../../spec/index.ts";
import {
  differs,
  type Finding,
  type Kind,
  kindOf,
  made,
  removed,
  tryAgain,
  unproved,
} from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { foundNote, type OwnerStore, ownerRecords } from "../../../state/owner/index.ts";
import type { VethPair } from "../../../state/veth/index.ts";

const NAME = "static neighbours";

/** The neighbours that the host should know without asking. */
interface WantedNeighbours {
  readonly pair: VethPair;
  /** The link by which the host reaches the containers: the bridge, or the gateway of a VLAN. */
  readonly link: () => { readonly index: number; readonly name: string };
  /** The name of that link, also before it is there. */
  readonly linkName: () => string;
  /** The container's addresses; known once IPAM has spoken. */
  readonly result: () => Result;
}

/**
 * The host knows the container's MAC without asking the link, so that no other container can answer
 * in its place. The entries are the bridge's, not the port's: DEL finds them by the owner record.
 */
export const staticNeighbours: Kind<WantedNeighbours> = kindOf({
  name: NAME,

  describe(_scene, wanted) {
    const list = addressesOf(wanted).join(", ");
    return `the host knows the MAC of ${list === "" ? "the container's addresses" : list}`;
  },

  /** The container's MAC is not known yet, so that any entry of its addresses is another's. */
  compare({ namespaces }, wanted) {
    const name = wanted.linkName();
    const index = namespaces.hostLinks.get({ name })?.index;
    if (index === undefined) return made();
    const known = neighbour.list(namespaces.host, { index });
    for (const ip of addressesOf(wanted)) {
      if (known.some((each) => each.ip.equals(ip) && isPermanent(each))) throw taken(ip, name);
    }
    return made();
  },

  apply({ ctx, owner, namespaces }, wanted, rollback) {
    const { index, name } = wanted.link();
    const mac = wanted.pair.containerEnd().address ?? "";
    const addresses = addressesOf(wanted);
    const records = ownerRecords(ctx, "neighbours");
    rollback.defer(() => forget(namespaces, records, owner));
    records.write(owner, { link: name, mac, addresses: addresses.map(String) });
    const known = neighbour.list(namespaces.host, { index });
    for (const ip of addresses) {
      const other = known.find((each) => each.ip.equals(ip) && isPermanent(each));
      if (other !== undefined && other.address !== mac) throw taken(ip, name);
      neighbour.replace(namespaces.host, { index, ip, address: mac });
    }
  },

  restore({ ctx, owner, namespaces }, wanted) {
    const records = ownerRecords(ctx, "neighbours");
    const data = records.read(owner)?.data;
    if (data === undefined) throw unproved(NAME);
    const { index, name } = wanted.link();
    const mac = wanted.pair.ends().container.address ?? "";
    const known = neighbour.list(namespaces.host, { index });
    for (const ip of addressesOf(wanted)) {
      const other = known.find((each) => each.ip.equals(ip) && isPermanent(each));
      if (other === undefined) neighbour.replace(namespaces.host, { index, ip, address: mac });
      else if (other.address !== mac) throw taken(ip, name);
    }
    if (records.read(owner) !== undefined) return;
    // A DEL has come meanwhile, which goes by its note.
    records.write(owner, data);
    forget(namespaces, records, owner);
  },

  check({ namespaces }, wanted) {
    const { index, name } = wanted.link();
    const mac = wanted.pair.ends().container.address;
    const known = neighbour.list(namespaces.host, { index });
    for (const ip of addressesOf(wanted)) {
      const found = known.find((each) => each.ip.equals(ip) && isPermanent(each));
      if (found === undefined) throw differs(`${NAME}: ${name} does not know ${ip.toString()}`);
      if (found.address !== mac) {
        throw differs(
          `${NAME}: ${ip.toString()} has the MAC ${found.address ?? "none"} on ${name}`,
        );
      }
    }
  },

  undo: ({ ctx, owner, namespaces }) => forget(namespaces, ownerRecords(ctx, "neighbours"), owner),
  found: ({ ctx, owner, namespaces }) =>
    findingsOf(namespaces, ownerRecords(ctx, "neighbours"), owner),

  async collect({ ctx, namespaces }, { network, isStale }) {
    const records = ownerRecords(ctx, "neighbours");
    await records.collect(network, isStale, async (owner) => forget(namespaces, records, owner));
  },

  stale({ ctx, namespaces }, { network, isStale }) {
    const records = ownerRecords(ctx, "neighbours");
    const owners = records.staleRecords(network, isStale);
    return owners.flatMap((owner) => findingsOf(namespaces, records, owner));
  },
});

function addressesOf({ result }: WantedNeighbours): Ip[] {
  return result().ips.map(({ address }) => Prefix.parse(address).ip);
}

/** Removes the noted entries that still have the container's MAC, then the note. */
function forget(namespaces: Namespaces, records: OwnerStore, owner: Attachment): void {
  for (const { index, ip } of ownEntries(namespaces, records, owner)) {
    ignoring([Errno.ENOENT, Errno.ENODEV], () => neighbour.delete(namespaces.host, { index, ip }));
  }
  records.remove(owner);
}

/** For a plan: what `forget` would remove. */
function findingsOf(
  namespaces: Namespaces,
  records: OwnerStore,
  owner: Attachment,
): readonly Finding[] {
  const found = ownEntries(namespaces, records, owner).map(({ ip, link }) =>
    removed(`neighbour ${ip.toString()} on ${link}`),
  );
  return [...found, ...foundNote(records, owner)];
}

interface Entry {
  readonly link: string;
  readonly index: number;
  readonly ip: Ip;
}

function ownEntries(
  { host, hostLinks }: Namespaces,
  records: OwnerStore,
  owner: Attachment,
): Entry[] {
  const note = noteOf(records.read(owner)?.data);
  const index = note && hostLinks.get({ name: note.link })?.index;
  if (note === undefined || index === undefined) return [];
  const { link, mac, addresses } = note;
  const own = neighbour.list(host, { index, where: ({ address }) => address === mac });
  return own
    .filter(({ ip }) => addresses.some((each) => each.equals(ip)))
    .map(({ ip }) => ({ link, index, ip }));
}

interface Note {
  readonly link: string;
  readonly mac: string;
  readonly addresses: readonly Ip[];
}

function noteOf(data: JsonValue | undefined): Note | undefined {
  if (!isObject(data)) return undefined;
  const { link, mac, addresses } = data;
  if (typeof link !== "string" || typeof mac !== "string" || !Array.isArray(addresses)) {
    return undefined;
  }
  const ips = addresses.flatMap((text) =>
    typeof text === "string" ? (Ip.tryParse(text) ?? []) : [],
  );
  return { link, mac, addresses: ips };
}

function isPermanent({ state }: neighbour.Neighbour): boolean {
  return (state & neighbour.NUD_PERMANENT) !== 0;
}

function taken(ip: Ip, link: string): CniError {
  return tryAgain(`${ip.toString()} is known on ${link} with another MAC`, {
    details: "another container has the address, or a permanent neighbour entry was left behind",
  });
}
