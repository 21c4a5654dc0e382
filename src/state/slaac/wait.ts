import { Mac } from "../../addr/index.ts";
import { address, RTNLGRP_IPV6_IFADDR } from "../../kernel/route/index.ts";
import type { RouterAdvertisement } from "../../ndp/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { waitFor } from "../events/index.ts";
import { ownLink } from "../own-link.ts";
import { advertisementOf } from "../router/index.ts";
import type { Scene } from "../scene.ts";
import { tryAgain } from "../try-again.ts";

/** Longest wait for a router, and for the addresses formed after its advertisement, in milliseconds. */
const ROUTER_MS = 10_000;
const ADDRESS_MS = 5_000;

/** An interface that has formed addresses, and the advertisement that they come of. */
export interface Formed {
  readonly router: RouterAdvertisement;
  readonly addresses: readonly address.Address[];
}

/** Waits until the container's interface has formed its addresses. @throws CniError of code 11 */
export async function formedAddresses(scene: Scene): Promise<Formed> {
  const { namespaces, owner, ctx } = scene;
  const { netns } = namespaces;
  if (netns === undefined) throw new Error("an ADD always has a namespace");
  const { index, address: mac } = ownLink(scene);
  if (mac === undefined) throw noPrefix(owner.ifName, "the interface has no MAC");
  const { signal } = ctx;
  const router = await advertisementOf({
    netns,
    index,
    mac: Mac.parse(mac),
    timeoutMs: ROUTER_MS,
    signal,
    accepts: ({ prefixes }) => prefixes.some(isForAddresses),
  });
  if (router === undefined) {
    throw noPrefix(owner.ifName, `no advertisement has come in ${ROUTER_MS / 1000} s`);
  }
  const found = await waitFor({
    netns,
    groups: [RTNLGRP_IPV6_IFADDR],
    look: () => formedOf(scene, index, router),
    timeoutMs: ADDRESS_MS,
    signal,
  });
  if (found === undefined) {
    const by = router.router.toString();
    throw noPrefix(owner.ifName, `the kernel forms none from the advertisement of ${by}`);
  }
  return { router, addresses: found };
}

function isForAddresses({ autonomous, validMs }: RouterAdvertisement["prefixes"][number]): boolean {
  return autonomous && validMs > 0;
}

/** The addresses of the advertised prefixes when all are judged; undefined before. */
function formedOf(
  { namespaces, owner }: Scene,
  index: number,
  { prefixes }: RouterAdvertisement,
): address.Address[] | undefined {
  const advertised = prefixes.filter(isForAddresses).map(({ prefix }) => prefix);
  const isFormed = ({ prefix, flags }: address.Address): boolean =>
    (flags & (address.IFA_F_PERMANENT | address.IFA_F_SECONDARY)) === 0 &&
    advertised.some((each) => each.contains(prefix.ip));
  // The router is reached from the link-local address, which has to be judged as well.
  const all = address.list(namespaces.container, {
    index,
    family: 6,
    where: (each) => each.tentative || isFormed(each),
  });
  const own = all.filter(isFormed);
  const taken = own.find(({ dadFailed }) => dadFailed);
  if (taken !== undefined) {
    const ip = taken.prefix.ip.toString();
    throw tryAgain(`another machine has the address ${ip} that ${owner.ifName} forms`);
  }
  const isJudged = own.length > 0 && !all.some(({ tentative }) => tentative);
  return isJudged ? own : undefined;
}

function noPrefix(ifName: string, details: string): CniError {
  const msg = `interface ${ifName} gets no address from router advertisements`;
  return new CniError(ErrorCode.TRY_AGAIN_LATER, msg, { details });
}
