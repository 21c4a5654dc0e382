import { Prefix } from "../../src/addr/index.ts";
import { Netns } from "../../src/kernel/netns/index.ts";
import { address, link, RouteSocket } from "../../src/kernel/route/index.ts";
import { readSysctl, writeSysctl } from "../../src/kernel/sysctl/index.ts";
import { CniError, type Result } from "../../src/spec/index.ts";
import type { Machine, Outside } from "./host.ts";
import type { Attached } from "./show.ts";
import { expectSame } from "./stage.ts";
import { type Answer, ask, askFrom, urlOf } from "./traffic.ts";

/** The container's addresses, without their prefix lengths. */
export function addressesOf(result: Result): string[] {
  return result.ips.map((ip) => Prefix.parse(ip.address).ip.toString());
}

/** Looks at the interface in the container: MAC, every address of the result, and that it is up. */
export function interfaceIsAsAsked({ machine, mac, result }: Attached, ifName: string): string {
  using netns = Netns.open(machine.netns);
  using socket = RouteSocket.open(netns);
  const found = link.get(socket, { name: ifName });
  if (found === undefined) throw new Error(`there is no ${ifName}`);
  expectSame("the MAC", found.address, mac);
  expectSame("the link's state", found.up ? "up" : "down", "up");
  const present = address
    .list(socket)
    .filter(({ index }) => index === found.index)
    .map(({ prefix }) => prefix.toString());
  for (const ip of result.ips) {
    if (present.includes(ip.address)) continue;
    throw new Error(`${ip.address} is missing among ${present.join(", ")}`);
  }
  if (result.ips.length === 0) throw new Error("the result has no address");
  return `${found.address} ${result.ips.map((ip) => ip.address).join(" ")}`;
}

/** Reads a sysctl in the container. */
export function sysctlIs(machine: Machine, key: string, wanted: string): string {
  using netns = Netns.open(machine.netns);
  expectSame(key, readSysctl(key, netns), wanted);
  return "";
}

/** One container asks the other's HTTP server, which answers with the client's address. */
export async function reaches(
  from: Attached,
  to: Attached,
  target: string,
  port: number,
): Promise<string> {
  const url = urlOf(target, port);
  const answer = await askFrom(from.machine, url);
  expectName(answer, to.machine);
  if (!addressesOf(from.result).includes(answer.from)) {
    throw new Error(`the server saw ${answer.from}, which is not the asker's address`);
  }
  return `${url} saw ${answer.from}`;
}

/** The host asks one of its own addresses; the container's server answers. */
export async function hostReaches(to: Attached, target: string): Promise<string> {
  const url = urlOf(target, to.hostPort);
  const answer = await ask(url);
  expectName(answer, to.machine);
  return `${url} answered by ${answer.name}`;
}

/** A server beyond the host sees the host's address instead of the container's. */
export async function isMasqueraded(
  from: Attached,
  target: string,
  port: number,
  host: string,
): Promise<string> {
  const answer = await askFrom(from.machine, urlOf(target, port));
  expectSame("the address seen", answer.from, host);
  return `${target} saw ${answer.from}`;
}

/** A machine beyond the host asks the host's mapped port; the container sees that machine's address. */
export async function outsideReaches(
  outside: Outside,
  to: Attached,
  host: string,
  own: string,
): Promise<string> {
  const url = urlOf(host, to.hostPort);
  const answer = await askFrom(outside, url);
  expectName(answer, to.machine);
  expectSame("the address seen", answer.from, own);
  return `${url} saw ${answer.from}`;
}

function expectName(answer: Answer, machine: Machine): void {
  expectSame("the name of who answered", answer.name, machine.name);
}

/** Something broken by hand; `repair` puts it in order, where that is to be seen as well. */
export interface Damage {
  readonly what: string;
  breakIt(attached: Attached, ifName: string): void;
  repair?(attached: Attached, ifName: string): void;
}

/** Changes of a container that no plugin made. The last one stays broken. */
export const DAMAGES: readonly Damage[] = [
  {
    what: "a sysctl that was changed by hand",
    breakIt: ({ machine }) => setSysctl(machine, "128"),
    repair: ({ machine }) => setSysctl(machine, "500"),
  },
  {
    what: "a MAC that was changed by hand",
    breakIt: ({ machine }, ifName) => setMac(machine, ifName, "02:00:00:00:00:99"),
    repair: ({ machine, mac }, ifName) => setMac(machine, ifName, mac),
  },
  {
    what: "an address that was taken away by hand",
    breakIt: ({ machine, result }, ifName) => {
      using netns = Netns.open(machine.netns);
      using socket = RouteSocket.open(netns);
      const found = link.get(socket, { name: ifName });
      const prefix = Prefix.parse(result.ips[0]?.address ?? "");
      address.delete(socket, { index: found?.index ?? 0, prefix });
    },
  },
];

function setSysctl(machine: Machine, value: string): void {
  using netns = Netns.open(machine.netns);
  writeSysctl("net/core/somaxconn", value, netns);
}

function setMac(machine: Machine, ifName: string, mac: string): void {
  using netns = Netns.open(machine.netns);
  using socket = RouteSocket.open(netns);
  link.set(socket, { name: ifName }, { address: mac });
}

/** CHECK must fail while it is broken, and say what; repaired, it must pass again. */
export async function checkNotices(
  damage: Damage,
  attached: Attached,
  ifName: string,
  check: () => Promise<void>,
): Promise<string> {
  damage.breakIt(attached, ifName);
  const error = await failureOf(check);
  damage.repair?.(attached, ifName);
  if (damage.repair !== undefined) await check();
  return `\n    "${error.message}" (code ${error.code})`;
}

async function failureOf(check: () => Promise<void>): Promise<CniError> {
  try {
    await check();
  } catch (error) {
    return CniError.from(error);
  }
  throw new Error("CHECK found no difference");
}
