import { Ip, Prefix } from "../../addr/index.ts";
import { link, route } from "../../kernel/route/index.ts";
import { Errno, isKernelError, KernelError } from "../../kernel/sys/index.ts";
import { CniError, ErrorCode, type Route } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import { hopsOf, restoreRoutes } from "../routes/index.ts";
import type { Sides } from "../sides/index.ts";
import { afterCleanup, type Revert, type Step } from "../step.ts";
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
  readonly sides: Sides;
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
    const { sides, signal } = this.#member;
    const own = this.#ownLink();
    const vrf = this.#member.vrf();
    const state = takeState(sides, own.index);
    const revert = (): Promise<void> => this.#takeBack(state, vrf);
    try {
      setMaster(sides, own.index, vrf.index);
      restoreAddresses(sides, state);
      await settled(sides, state, vrf.table, signal);
      restoreInto(sides, state, route.RT_TABLE_MAIN, vrf.table);
      clearTable(sides, own.index, route.RT_TABLE_MAIN);
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
    const { sides, ifName, routes } = this.#member;
    const own = link.get(sides.container, { name: ifName });
    if (own === undefined) throw differs(`interface ${ifName} is missing in the container`);
    const vrf = this.#member.vrf();
    if (own.master !== vrf.index) throw differs(`interface ${ifName} is not in VRF ${vrf.name}`);
    const present = routes.length === 0 ? [] : route.list(sides.container);
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
    const { sides, ifName } = this.#member;
    if (sides.netns === undefined) return;
    const own = link.get(sides.container, { name: ifName });
    const master = own?.master === undefined ? undefined : link.get(sides.container, own.master);
    const vrf = master === undefined ? undefined : vrfOf(master);
    if (own === undefined || vrf === undefined) return;
    const state = takeState(sides, own.index);
    try {
      setMaster(sides, own.index, 0);
    } catch (error) {
      if (isKernelError(error, Errno.ENODEV)) return; // it went on its own
      throw error;
    }
    try {
      restoreAddresses(sides, state);
      restoreInto(sides, state, vrf.table, route.RT_TABLE_MAIN);
      clearTable(sides, own.index, vrf.table);
    } catch (error) {
      // The interface goes next, and its routes with it.
      if (!(error instanceof KernelError || error instanceof CniError)) throw error;
    }
    await deleteEmptyVrf(sides, vrf.index);
  }

  /** The interface as it is before it joins. */
  #ownLink(): link.Link {
    const { sides, ifName } = this.#member;
    const own = link.get(sides.container, { name: ifName });
    if (own === undefined) {
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `could not get link by name ${ifName}`,
        { details: "the interface (CNI_IFNAME) is missing in the container" },
      );
    }
    if (own.master === undefined) return own;
    const master = link.get(sides.container, own.master)?.name ?? `link ${own.master}`;
    throw new CniError(
      ErrorCode.INVALID_NETWORK_CONFIG,
      `interface ${ifName} has already a master set: ${master}`,
    );
  }

  /** As it was before it joined, however far that has come. */
  async #takeBack(state: LinkState, vrf: Vrf): Promise<void> {
    const { sides } = this.#member;
    if (link.get(sides.container, state.index)?.master !== undefined) {
      setMaster(sides, state.index, 0);
    }
    restoreAddresses(sides, state);
    await settled(sides, state, route.RT_TABLE_LOCAL, undefined);
    restoreRoutes(sides, state.routes, state.before);
    clearTable(sides, state.index, vrf.table);
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
