import { Prefix } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { address } from "../../kernel/route/index.ts";
import type { Dns, IpConfig, Result } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import { type Kind, kindOf, type Piece } from "../kind.ts";
import { ownLink } from "../own-link.ts";
import { foundNote, ownerRecords, staleNotes } from "../owner/index.ts";
import type { Scene } from "../scene.ts";
import { enableIpv6, setBestEffort } from "../sysctl.ts";
import { sinceBoot } from "../uptime.ts";
import { type AdvertisedAddress, decodeNote, encodeNote } from "./note.ts";
import type { Formed } from "./wait.ts";

const NAME = "slaac";

/** What becomes of the addresses when they are there. */
interface WantedAutoconfiguration {
  readonly adopt: (formed: Formed) => void;
}

/**
 * The addresses that the container's interface forms itself; the interface is up. They go with the
 * link. Their lifetimes are noted, so that CHECK can say why one is gone.
 */
export const autoconfigured: Kind<WantedAutoconfiguration> = kindOf({
  name: NAME,

  describe: ({ owner }) => `addresses for ${owner.ifName} from what routers advertise`,

  async apply(scene, { adopt }, rollback) {
    const { ctx, owner, namespaces } = scene;
    namespaces.inside(() => acceptAll(owner.ifName));
    // Few configurations want it: the others do not load what reads advertisements.
    const { formedAddresses } = await import("./wait.ts");
    const formed = await formedAddresses(scene);
    const records = ownerRecords(ctx, NAME);
    rollback.defer(() => records.remove(owner));
    const now = sinceBoot();
    const addresses = formed.addresses.map((each) => noteOf(each, now));
    records.write(owner, encodeNote({ router: formed.router.router.toString(), addresses }));
    adopt(formed);
  },

  undo: ({ ctx, owner }) => ownerRecords(ctx, NAME).remove(owner),
  found: ({ ctx, owner }) => foundNote(ownerRecords(ctx, NAME), owner),
  stale: ({ ctx }, { network, isStale }) => staleNotes(ownerRecords(ctx, NAME), network, isStale),

  async collect({ ctx }, { network, isStale }) {
    const records = ownerRecords(ctx, NAME);
    await records.collect(network, isStale, async (owner) => records.remove(owner));
  },
});

/**
 * CHECK of these addresses, to be made before that of the interface, which would only say that one is
 * missing.
 */
export function checkAutoconfigured(scene: Scene, result: () => Result): Piece {
  return { name: NAME, describe: () => undefined, check: () => check(scene, result()) };
}

function check(scene: Scene, result: Result): void {
  const { ctx, owner, namespaces } = scene;
  const note = decodeNote(ownerRecords(ctx, NAME).read(owner)?.data);
  if (note === undefined) return;
  const { index } = ownLink(scene);
  const own = address.list(namespaces.container, { index, family: 6 });
  for (const noted of note.addresses) {
    const isPromised = result.ips.some((ip) => ip.address === noted.address);
    if (!isPromised || own.some(({ prefix }) => prefix.toString() === noted.address)) continue;
    const name = `address ${noted.address} of ${owner.ifName}, advertised by ${note.router},`;
    throw differs(`${name} ${fateOf(noted)}`);
  }
}

function fateOf({ validUntil }: AdvertisedAddress): string {
  const late = validUntil === null ? 0 : sinceBoot() - validUntil;
  if (late <= 0) return "has been taken away within its lifetime";
  return `has expired: no advertisement has renewed it since ${Math.round(late / 1000)} s`;
}

/** The interface takes addresses and routes from advertisements, also in a container that forwards. */
function acceptAll(ifName: string): void {
  enableIpv6(ifName);
  const settings = `net/ipv6/conf/${ifName}`;
  setBestEffort(`${settings}/accept_ra`, "2");
  for (const key of ["autoconf", "accept_ra_pinfo", "accept_ra_defrtr"]) {
    setBestEffort(`${settings}/${key}`, "1");
  }
}

function noteOf({ prefix, lifetimes }: address.Address, now: number): AdvertisedAddress {
  const until = (seconds: number | undefined): number | null =>
    seconds === undefined || seconds === address.INFINITY_LIFE_TIME ? null : now + seconds * 1000;
  return {
    address: prefix.toString(),
    validUntil: until(lifetimes?.valid),
    preferredUntil: until(lifetimes?.preferred),
  };
}

/** A result with the addresses of interface number `at`, the router and its resolver settings. */
export function withAutoconfigured(result: Result, formed: Formed, at: number): Result {
  const { router, addresses } = formed;
  const gateway = router.routerMs > 0 ? router.router.toString() : undefined;
  const ips = addresses.map(
    ({ prefix }): IpConfig => ({
      address: new Prefix(prefix.ip, prefix.length).toString(),
      interface: at,
      ...defined({ gateway }),
    }),
  );
  return { ...result, ips: [...result.ips, ...ips], dns: withRouters(result.dns, formed) };
}

function withRouters(dns: Dns | undefined, { router }: Formed): Dns {
  const nameservers = [...(dns?.nameservers ?? []), ...router.nameservers.map(String)];
  const search = [...(dns?.search ?? []), ...router.search];
  return {
    ...dns,
    ...(nameservers.length > 0 ? { nameservers } : {}),
    ...(search.length > 0 ? { search } : {}),
  };
}
