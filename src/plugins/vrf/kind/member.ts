import { Ip, Prefix } from "../../../addr/index.ts";
import { type link, route } from "../../../kernel/route/index.ts";
import { Errno, isKernelError, KernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode, type Route } from "../../../spec/index.ts";
import { afterCleanup, differs, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { hopsOf, restoreRoutes } from "../../../state/routes/index.ts";
import { deleteEmptyVrf, type Vrf, vrfOf } from "./link.ts";
import {
  clearTable,
  type LinkState,
  restoreAddresses,
  restoreInto,
  setMaster,
  settled,
  takeState,
} from "./state.ts";

/** An interface that belongs to a VRF. */
export interface VrfMember {
  readonly namespaces: Namespaces;
  readonly ifName: string;
  /** The VRF; known once it is made. */
  readonly vrf: () => Vrf;
  /** For CHECK: what the interface's own plugin has promised. */
  readonly routes: readonly Route[];
  readonly signal?: AbortSignal | undefined;
}

/** The interface in the VRF, with its addresses, and with its routes in the VRF's table. */
export class VrfMemberStep implements Step {
  readonly name = "VRF member";
  readonly #member: VrfMember;

  constructor(member: VrfMember) {
    this.#member = member;
  }

  describe(): string {
    return `${this.#member.ifName} joins the VRF, and its routes the VRF's table`;
  }

  async apply(): Promise<Revert> {
    const { namespaces, signal } = this.#member;
    const own = this.#ownLink();
    const vrf = this.#member.vrf();
    const state = takeState(namespaces, own.index);
    const revert = (): Promise<void> => this.#takeBack(state, vrf);
    try {
      setMaster(namespaces, own.index, vrf.index);
      restoreAddresses(namespaces, state);
      await settled(namespaces, state, vrf.table, signal);
      restoreInto(namespaces, state, route.RT_TABLE_MAIN, vrf.table);
      clearTable(namespaces, own.index, route.RT_TABLE_MAIN);
      return revert;
    } catch (error) {
      await revert().catch((failure: unknown) => {
        throw afterCleanup(error, () => {
          throw failure;
        });
      });
      throw error;
    }
  }

  check(): void {
    const { namespaces, ifName, routes } = this.#member;
    const own = namespaces.containerLinks.get({ name: ifName });
    if (own === undefined) throw differs(`interface ${ifName} is missing in the container`);
    const vrf = this.#member.vrf();
    if (own.master !== vrf.index) throw differs(`interface ${ifName} is not in VRF ${vrf.name}`);
    const present = routes.length === 0 ? [] : route.list(namespaces.container);
    for (const wanted of routes) {
      const found = present.some(
        (each) =>
          isPlace(each.table, wanted.table) &&
          leadsTo(each, wanted) &&
          hopsOf(each).some(({ index }) => index === own.index),
      );
      if (found) continue;
      throw differs(
        `route to ${wanted.dst} of ${ifName} is missing in table ${wanted.table ?? vrf.table}, with VRF ${vrf.name}`,
      );
    }
  }

  /** The interface leaves whatever VRF it is in, and keeps its addresses and routes. */
  async undo(): Promise<void> {
    const { namespaces, ifName } = this.#member;
    if (namespaces.netns === undefined) return;
    const own = namespaces.containerLinks.get({ name: ifName });
    const master =
      own?.master === undefined ? undefined : namespaces.containerLinks.get(own.master);
    const vrf = master === undefined ? undefined : vrfOf(master);
    if (own === undefined || vrf === undefined) return;
    const state = takeState(namespaces, own.index);
    try {
      setMaster(namespaces, own.index, 0);
    } catch (error) {
      if (isKernelError(error, Errno.ENODEV)) return; // it went on its own
      throw error;
    }
    try {
      restoreAddresses(namespaces, state);
      restoreInto(namespaces, state, vrf.table, route.RT_TABLE_MAIN);
      clearTable(namespaces, own.index, vrf.table);
    } catch (error) {
      // The interface goes next, and its routes with it.
      if (!(error instanceof KernelError || error instanceof CniError)) throw error;
    }
    await deleteEmptyVrf(namespaces, vrf.index);
  }

  /** The interface as it is before it joins. */
  #ownLink(): link.Link {
    const { namespaces, ifName } = this.#member;
    const own = namespaces.containerLinks.get({ name: ifName });
    if (own === undefined) {
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `could not get link by name ${ifName}`,
        { details: "the interface (CNI_IFNAME) is missing in the container" },
      );
    }
    if (own.master === undefined) return own;
    const master = namespaces.containerLinks.get(own.master)?.name ?? `link ${own.master}`;
    throw new CniError(
      ErrorCode.INVALID_NETWORK_CONFIG,
      `interface ${ifName} has already a master set: ${master}`,
    );
  }

  /** As it was before it joined, however far that has come. */
  async #takeBack(state: LinkState, vrf: Vrf): Promise<void> {
    const { namespaces } = this.#member;
    if (namespaces.containerLinks.get(state.index)?.master !== undefined) {
      setMaster(namespaces, state.index, 0);
    }
    restoreAddresses(namespaces, state);
    await settled(namespaces, state, route.RT_TABLE_LOCAL, undefined);
    restoreRoutes(namespaces, state.routes, state.before);
    clearTable(namespaces, state.index, vrf.table);
  }
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
