import { setTimeout as sleep } from "node:timers/promises";
import { Finding, NotTried } from "../../check.ts";
import type { Json, JsonObject } from "../../subject/index.ts";
import { type Answer, brief, expect, expectSuccess, isObject } from "../answer.ts";
import { addresses, differences, links, picture, withoutGiven } from "../observe.ts";
import { type Added, type Container, listOf, type PluginScene } from "../scene.ts";
import { since } from "../versions.ts";

/** What checks of operations share: what a result says, and whether things are as they were. */

export interface ResultAddress {
  /** With its prefix length. */
  readonly address: string;
  /** Index of the interface; undefined where the result has none. */
  readonly interface: number | undefined;
}

/** The addresses of a result of any version. */
export function addressesOf(result: JsonObject): ResultAddress[] {
  const oldest = ["ip4", "ip6"].flatMap((key) => {
    const slot = result[key];
    return isObject(slot) ? [{ address: String(slot["ip"]), interface: undefined }] : [];
  });
  const ips = listOf(result, "ips").map((ip) => {
    const index = ip["interface"];
    return {
      address: String(ip["address"]),
      interface: typeof index === "number" ? index : undefined,
    };
  });
  return [...oldest, ...ips];
}

/** The routes of a result of any version. */
export function routesOf(result: JsonObject): JsonObject[] {
  const oldest = ["ip4", "ip6"].flatMap((key) => {
    const slot = result[key];
    return isObject(slot) ? listOf(slot, "routes") : [];
  });
  return [...oldest, ...listOf(result, "routes")];
}

/** An address or a destination in one form: ip(8) leaves out the length of a whole address. */
export function plainPrefix(text: string): string {
  if (text === "default" || text === "0.0.0.0/0" || text === "::/0") return "default";
  const [address = "", length] = text.split("/");
  const whole = address.includes(":") ? "128" : "32";
  const plain = address.includes(":") ? new URL(`http://[${address}]/`).hostname : address;
  return `${plain}/${length ?? whole}`;
}

/** The interface of the attachment in its result, with its index. */
export function interfaceOf(added: Added): { readonly index: number; readonly entry: JsonObject } {
  const list = listOf(added.result, "interfaces");
  const { ifName, netns } = added.container;
  const index = list.findIndex((each) => each["name"] === ifName && each["sandbox"] === netns);
  const entry = list[index];
  expect(
    entry !== undefined,
    `an interface "${ifName}" with sandbox "${netns}" in the result`,
    list,
  );
  return { index, entry };
}

/** The links of the host that an ADD made: names that were not there before. */
export async function newHostLinks(
  scene: PluginScene,
  before: readonly string[],
): Promise<string[]> {
  return (await hostLinks(scene)).filter((name) => !before.includes(name));
}

export async function hostLinks(scene: PluginScene): Promise<string[]> {
  return (await links(scene.world)).map(({ name }) => name);
}

export const NEIGHBOUR = "neighbour";

/**
 * An attachment that stays: with it there is all that the attachments of a network share (a bridge,
 * tables, a switch of the kernel), so that what comes and stays beyond it is a trace.
 */
export async function addNeighbour(scene: PluginScene): Promise<Added> {
  return await scene.add(await scene.container(NEIGHBOUR));
}

/** Takes a picture now, and says later what has changed, of `only` these lines. */
export async function remember(
  scene: PluginScene,
  containers: readonly string[] = [],
  only: RegExp = /(?:)/u,
): Promise<(what: string) => Promise<void>> {
  const now = async (): Promise<string[]> =>
    withoutGiven(scene.subject, await picture(scene.world, containers, { isDetailed: true }));
  const before = await now();
  return async (what) => {
    const changes = await settled(async () => {
      const changes = telling(differences(before, await now()));
      return changes.filter((line) => only.test(line));
    });
    if (changes.length === 0) return;
    throw new Finding({
      expected: `${what} leaves all as it was`,
      came: brief(changes.join("; ")),
    });
  };
}

/** The differences in one namespace: that of a container, or "host". */
export function linesOf(where: string): RegExp {
  return new RegExp(`^. ${where}: `, "u");
}

/**
 * A file that only serves as a lock is no trace of an attachment, nor is a switch of the host, which a
 * network's other attachments may need. And what a link has of sysctls says
 * nothing more where the link itself came or went.
 */
function telling(changes: readonly string[]): string[] {
  const own = changes.filter((line) => !/^\+ file .*lock$|^. host: sysctl /u.test(line));
  const things = own.filter((line) => !/^. [^ ]+ (?:sysctl|qdisc) /u.test(line));
  return things.length > 0 ? things : own;
}

const SETTLE_MS = 2000;

/** The kernel takes links of a namespace away after its end: asks until nothing differs any more. */
async function settled(ask: () => Promise<string[]>): Promise<string[]> {
  const until = Date.now() + SETTLE_MS;
  for (;;) {
    const list = await ask();
    if (list.length === 0 || Date.now() > until) return list;
    await sleep(50);
  }
}

/**
 * The attachment is as its ADD left it: by the kernel for an interface, else by CHECK. A plugin's CHECK
 * may miss more than its attachment has lost, so it does not judge what can be seen from outside.
 */
export async function expectWhole(scene: PluginScene, added: Added, what: string): Promise<void> {
  const { container, result } = added;
  if (scene.subject.kind === "interface") {
    const names = (await links(scene.world, container.name)).map(({ name }) => name);
    expect(names.includes(container.ifName), `${what}: ${container.ifName} is still there`, names);
    const there = await addresses(scene.world, container.name, container.ifName);
    const wanted = addressesOn(added);
    const missing = wanted.filter((address) => !there.map(plainPrefix).includes(address));
    expect(missing.length === 0, `${what}: its addresses ${wanted.join(", ")} are there`, there);
    return;
  }
  if (!since(scene.version, "0.4.0")) return;
  const answer = await scene.check({ container, result });
  expectSuccess(answer, `${what}: its CHECK`);
}

/** The addresses of the result that belong to the interface of the attachment. */
export function addressesOn({ container, result }: Added): string[] {
  const list = listOf(result, "interfaces");
  return addressesOf(result)
    .filter(({ interface: index }) => {
      const entry = index === undefined ? undefined : list[index];
      return entry === undefined || entry["name"] === container.ifName;
    })
    .map(({ address }) => plainPrefix(address));
}

/**
 * ADD for another interface of the container.
 * @throws NotTried when the subject does not do that.
 */
export async function addSecondInterface(scene: PluginScene, first: Container): Promise<Added> {
  const container = await scene.secondInterface(first, "cnf1");
  const { exitCode, json } = await scene.call("ADD", { container });
  if (exitCode === 0 && isObject(json)) return { container, result: json };
  throw new NotTried("it makes no second interface of one container in one network");
}

/** DEL without a say on its answer, with the result of the ADD. */
export async function tryDel(
  scene: PluginScene,
  { container, result }: Added,
  config: Readonly<Record<string, Json | undefined>> = {},
): Promise<Answer> {
  return await scene.call("DEL", { container, config: { prevResult: result, ...config } });
}

/** The interface that a container must not have any more. */
export async function expectGone(scene: PluginScene, { name, ifName }: Container): Promise<void> {
  const names = (await links(scene.world, name)).map((link) => link.name);
  expect(!names.includes(ifName), `no link ${ifName} in the container any more`, names);
}
