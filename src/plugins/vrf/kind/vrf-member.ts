import { Ip, Prefix } from "../../../addr/index.ts";
import { ListLimitError, type link, route } from "../../../kernel/route/index.ts";
import { Errno, isKernelError, KernelError } from "../../../kernel/sys/index.ts";
import { CniError, invalidConfig, type Route } from "../../../spec/index.ts";
import {
  changed,
  differs,
  type Kind,
  kept,
  kindOf,
  made,
  missingInContainer,
  ownLink,
  type Rollback,
  restored,
  type Scene,
} from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { hopsOf, isOfAnother, removeRoutes, restoreRoutes } from "../../../state/routes/index.ts";
import {
  clearTable,
  type LinkState,
  restoreAddresses,
  restoreInto,
  setMaster,
  takeState,
  waitForAddressRoutes,
} from "./link-state.ts";
import { deleteEmptyVrf, type Vrf, type VrfLink, vrfOf } from "./vrf-link.ts";

/** The interface in the VRF, with its addresses, and with its routes in the VRF's table. */
export const vrfMember: Kind<VrfLink> = kindOf({
  name: "VRF member",
  describe: ({ owner }) => `${owner.ifName} joins the VRF, and its routes the VRF's table`,

  /** Most interfaces are made by a plugin before this one, so that there is nothing to compare with. */
  compare(scene) {
    const { containerLinks } = scene.namespaces;
    if (containerLinks.get({ name: scene.owner.ifName }) === undefined) return made();
    linkOf(scene);
    return changed("it is in no VRF");
  },

  apply: join,

  /** The plugins before have put their routes back into the main table. */
  async restore(scene, vrfLink) {
    const { namespaces } = scene;
    const vrf = vrfLink.vrf();
    const { index, master } = ownLink(scene);
    if (master !== vrf.index) return await join(scene, vrfLink, kept);
    const to = (scene.ctx.prevResult?.routes ?? []).map(({ dst }) => Prefix.parse(dst).network());
    const isPromised = ({ dst, table }: route.Route): boolean =>
      table === route.RT_TABLE_MAIN && to.some((each) => each.equals(dst));
    const state = takeState(namespaces, index);
    const moved = { ...state, routes: state.routes.filter(isPromised) };
    restoreInto(namespaces, moved, route.RT_TABLE_MAIN, vrf.table);
    removeRoutes(namespaces, moved.routes);
  },

  check({ ctx, namespaces, owner: { ifName } }, vrfLink) {
    const routes = ctx.prevResult?.routes ?? [];
    const to = routes.map(({ dst }) => Prefix.parse(dst).network());
    const own = namespaces.containerLinks.get({ name: ifName });
    if (own === undefined) throw missingInContainer(ifName);
    const vrf = vrfLink.vrf();
    if (own.master !== vrf.index) throw differs(`interface ${ifName} is not in VRF ${vrf.name}`);
    const present =
      routes.length === 0 ? [] : route.list(namespaces.container, { index: own.index, to });
    for (const wanted of routes) {
      const found = present.some(
        (each) => isPlace(each.table, wanted.table) && leadsTo(each, wanted),
      );
      if (found) continue;
      throw differs(
        `route to ${wanted.dst} of ${ifName} is missing in table ${wanted.table ?? vrf.table}, with VRF ${vrf.name}`,
      );
    }
  },

  /** The interface leaves whatever VRF it is in, and keeps its addresses and routes. */
  async undo(scene) {
    const membership = membershipOf(scene);
    if (membership === undefined) return;
    const { index, vrf } = membership;
    leave(scene.namespaces, index, vrf);
    await deleteEmptyVrf(scene.namespaces, vrf.index);
  },

  found(scene) {
    const membership = membershipOf(scene);
    if (membership === undefined) return [];
    return [restored(`${scene.owner.ifName} leaves VRF ${membership.vrf.name}, with its routes`)];
  },
});

/** Which VRF the attachment's interface is in; undefined where it is in none. */
function membershipOf({ owner, namespaces }: Scene): { index: number; vrf: Vrf } | undefined {
  if (namespaces.netns === undefined) return undefined;
  const own = namespaces.containerLinks.get({ name: owner.ifName });
  if (own?.master === undefined || isOfAnother(namespaces, own, owner)) return undefined;
  const master = namespaces.containerLinks.get(own.master);
  const vrf = master === undefined ? undefined : vrfOf(master);
  return vrf && { index: own.index, vrf };
}

async function join(scene: Scene, vrfLink: VrfLink, rollback: Rollback): Promise<void> {
  const { ctx, namespaces } = scene;
  const { index } = linkOf(scene);
  const vrf = vrfLink.vrf();
  const before = route.list(namespaces.container);
  const state = takeState(namespaces, index, before);
  rollback.defer(async () => await takeBack(namespaces, state, before, vrf));
  setMaster(namespaces, index, vrf.index);
  restoreAddresses(namespaces, state);
  await waitForAddressRoutes(namespaces, state, vrf.table, ctx.signal);
  restoreInto(namespaces, state, route.RT_TABLE_MAIN, vrf.table);
  clearTable(namespaces, index, route.RT_TABLE_MAIN);
}

/** The interface as it is before it joins. */
function linkOf(scene: Scene): link.Link {
  const { ifName } = scene.owner;
  const details = "the interface (CNI_IFNAME) is missing in the container";
  const own = ownLink(scene, `could not get link by name ${ifName}`, details);
  if (own.master === undefined) return own;
  const master = scene.namespaces.containerLinks.get(own.master)?.name ?? `link ${own.master}`;
  throw invalidConfig(`interface ${ifName} has already a master set: ${master}`);
}

function leave(namespaces: Namespaces, index: number, vrf: Vrf): void {
  const state = stateUnlessFlooded(namespaces, index);
  try {
    setMaster(namespaces, index, 0);
  } catch (error) {
    if (isKernelError(error, Errno.ENODEV)) return; // it went on its own
    throw error;
  }
  if (state === undefined) return;
  try {
    restoreAddresses(namespaces, state);
    restoreInto(namespaces, state, vrf.table, route.RT_TABLE_MAIN);
    clearTable(namespaces, index, vrf.table);
  } catch (error) {
    // The interface goes next, and its routes with it.
    const isExpected = [KernelError, CniError, ListLimitError].some(
      (each) => error instanceof each,
    );
    if (!isExpected) throw error;
  }
}

/** A container may fill its own lists; then its interface leaves without addresses and routes. */
function stateUnlessFlooded(namespaces: Namespaces, index: number): LinkState | undefined {
  try {
    return takeState(namespaces, index);
  } catch (error) {
    if (error instanceof ListLimitError) return undefined;
    throw error;
  }
}

/** As it was before it joined, however far that has come. */
async function takeBack(
  namespaces: Namespaces,
  state: LinkState,
  before: readonly route.Route[],
  vrf: Vrf,
): Promise<void> {
  if (namespaces.containerLinks.get(state.index)?.master !== undefined) {
    setMaster(namespaces, state.index, 0);
  }
  restoreAddresses(namespaces, state);
  await waitForAddressRoutes(namespaces, state, route.RT_TABLE_LOCAL, undefined);
  restoreRoutes(namespaces, state.routes, before);
  clearTable(namespaces, state.index, vrf.table);
}

/**
 * Where a route may be, now that the interface is in the VRF: in the table that was asked for, or,
 * in place of the main table, in the VRF's or wherever another plugin has moved it to.
 */
function isPlace(table: number, asked: number | undefined): boolean {
  const isMain = asked === undefined || asked === 0 || asked === route.RT_TABLE_MAIN;
  return isMain ? table !== route.RT_TABLE_MAIN : table === asked;
}

function leadsTo(each: route.Route, wanted: Route): boolean {
  if (!each.dst.equals(Prefix.parse(wanted.dst).network())) return false;
  const gateway = wanted.gw === undefined ? undefined : Ip.parse(wanted.gw);
  return gateway === undefined || hopsOf(each).some((hop) => hop.gateway?.equals(gateway) === true);
}
