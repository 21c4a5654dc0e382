/** Uses a type or a value of each door, for the compiler. */
import * as hawser from "hawser";
import { type Family, Ip } from "hawser/addr";
import type { Executor } from "hawser/invoke";
import { link, type NetlinkRequest, RouteSocket } from "hawser/netlink";
import { Netns } from "hawser/netns";
import { type Expression, Nftables } from "hawser/nftables";
import { definePlugin, type Plugin } from "hawser/plugin";
import { InProcessPlugins, loadPlugin, type PluginType } from "hawser/plugins";
import { Runtime } from "hawser/runtime";
import type { Result } from "hawser/spec";
import { type Kind, kindOf } from "hawser/state";

const family: Family = Ip.parse("10.1.0.1").family;
const executor: Executor = new InProcessPlugins();
const request: NetlinkRequest = link.newMessage({ name: "eth0", kind: "dummy" });
const expressions: readonly Expression[] = [];
const type: PluginType = "bridge";
const plugins: readonly Plugin[] = [
  await loadPlugin(type),
  definePlugin({ name: "x", add: (): Partial<Result> => ({}), del() {} }),
];
const kind: Kind = kindOf({ name: "x", describe: () => undefined });

export const used: readonly unknown[] = [
  ...[hawser.spec.LATEST, family, executor, request, expressions, plugins, kind],
  ...[RouteSocket, Netns, Nftables, Runtime],
];
