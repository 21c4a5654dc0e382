import { writeFileSync } from "node:fs";
import type { Conflist } from "../../tests/support/chain.ts";
import { type BurstOrder, type BurstTimes, burst } from "./burst.ts";
import { attachMany, type CommandOrder, commandTimes, type ManyOrder } from "./commands.ts";
import type { DaemonState } from "./daemon.ts";
import { type FillOrder, fill } from "./fill.ts";
import { type FleetOrder, type FleetTimes, fleetTimes, makeFleet, storeRevision } from "./fleet.ts";
import type { Lab, Round, Work } from "./lab.ts";
import type { NeighbourOrder } from "./neighbour.ts";
import { connections, openPorts, type PortsOrder } from "./ports.ts";
import { reserve } from "./reservations.ts";
import { type UiOrder, type UiTimes, uiTimes } from "./ui.ts";
import type { Order } from "./way.ts";

/** What a worker does for the scenarios outside. */
export const handlers = {
  open: (lab: Lab, { id, order }: { id: string; order: Order }): Promise<void> =>
    lab.open(id, order),
  round: (lab: Lab, { id }: { id: string }): Promise<Round> => lab.round(id),
  work: (
    lab: Lab,
    { id, pauseMs }: { id: string; pauseMs: number },
  ): Promise<Round & { work: Work }> => lab.work(id, pauseMs),
  daemonState: async (
    lab: Lab,
    { entries, watchMs }: { entries: string; watchMs: number },
  ): Promise<DaemonState> => (await lab.daemon(entries)).state(watchMs),
  /** New interfaces look for duplicates of their IPv6 addresses, as on every real host. */
  detectDuplicates: async (): Promise<void> => {
    writeFileSync("/proc/sys/net/ipv6/conf/default/accept_dad", "1");
  },
  fill: (lab: Lab, order: FillOrder): Promise<void> => fill(lab, order),
  attachMany: (lab: Lab, order: ManyOrder): Promise<void> => attachMany(lab, order),
  commandTimes: (lab: Lab, order: CommandOrder): Promise<number[]> => commandTimes(lab, order),
  reserve: async (_: Lab, order: { from: number; to: number }): Promise<void> => reserve(order),
  openPorts: (lab: Lab, order: PortsOrder): Promise<void> => openPorts(lab, order),
  connections: (lab: Lab, order: { port: number; count: number }): Promise<number[]> =>
    connections(lab, order),
  /** Lets a neighbour begin to disturb, until `calm`. */
  neighbour: (lab: Lab, order: NeighbourOrder): Promise<void> => lab.disturb(order),
  calm: (lab: Lab, _: object): Promise<void> => lab.calm(),
  burst: (lab: Lab, order: BurstOrder): Promise<BurstTimes> => burst(lab, order),
  makeFleet: (lab: Lab, order: { etcd: boolean }): Promise<Conflist> => makeFleet(lab, order),
  storeRevision: (lab: Lab, _: object): Promise<number> => storeRevision(lab),
  uiTimes: (lab: Lab, order: UiOrder): Promise<UiTimes> => uiTimes(lab, order),
  fleetTimes: (_: Lab, order: FleetOrder): Promise<FleetTimes> => fleetTimes(order),
} as const;

export type Name = keyof typeof handlers;
export type Argument<N extends Name> = Parameters<(typeof handlers)[N]>[1];
export type Answer<N extends Name> = Awaited<ReturnType<(typeof handlers)[N]>>;

/** A request as it is sent. */
export interface Asked<N extends Name> {
  readonly name: N;
  readonly argument: Argument<N>;
}
