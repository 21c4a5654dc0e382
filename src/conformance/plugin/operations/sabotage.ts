import { NotTried } from "../../check.ts";
import { brief, expectError } from "../answer.ts";
import type { Container } from "../container.ts";
import { delegates, needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { differences, ipJson, picture } from "../observe.ts";
import { type Added, listOf, type PluginScene } from "../scene.ts";
import { addressesOn, routesOf } from "./attached.ts";

/** CHECK after damage from outside: what the attachment lost or got, CHECK has to notice. */

const sees = unless(needsVersion("0.4.0"), ({ checkIsBlind }) => checkIsBlind);
const makesInterface = unless(sees, onlyFor("interface"), ({ adjusts }) =>
  adjusts === true ? "the interface is not its own" : undefined,
);
const hasAddresses = unless(sees, delegates);

type Damage = (scene: PluginScene, added: Added) => Promise<void>;

export const SABOTAGE: readonly PluginCheck[] = [
  noticing("address", "removes the address", "quick", hasAddresses, async (scene, added) => {
    const [address = ""] = addressesOn(added);
    await inside(scene, added, ["addr", "del", address, "dev", added.container.ifName]);
  }),
  noticing("route", "removes the default route", "full", hasAddresses, async (scene, added) => {
    const hasDefault = routesOf(added.result).some(({ dst }) => dst === "0.0.0.0/0");
    if (!hasDefault) throw new NotTried("its result has no default route");
    await inside(scene, added, ["route", "del", "default"]);
  }),
  noticing("link", "deletes the interface", "quick", makesInterface, async (scene, added) => {
    await inside(scene, added, ["link", "del", added.container.ifName]);
  }),
  noticing("link-down", "sets the interface down", "full", hasAddresses, async (scene, added) => {
    await inside(scene, added, ["link", "set", added.container.ifName, "down"]);
  }),
  noticing("name", "renames the interface", "full", makesInterface, async (scene, added) => {
    const { ifName } = added.container;
    await inside(scene, added, ["link", "set", ifName, "down"]);
    await inside(scene, added, ["link", "set", ifName, "name", "renamed0"]);
    await inside(scene, added, ["link", "set", "renamed0", "up"]);
  }),
  noticing("mac", "gives the interface another MAC", "full", makesInterface, otherMac),
  noticing("other-link", "puts a link of its own in place", "full", makesInterface, otherLink),
  noticing("host-end", "takes the host's end out of its bridge", "full", makesInterface, unplugged),
  {
    name: "check-notices-a-lost-reservation",
    rule: "R56",
    level: "SHOULD",
    tries: "calls ADD, takes away the files of /var/lib/cni and /run, and calls CHECK",
    profile: "full",
    unfit: unless(sees, onlyFor("ipam"), ({ background = [] }) =>
      background.length > 0 ? "its daemon keeps the state" : undefined,
    ),
    async run(scene) {
      const added = await scene.add();
      const files = ["/var/lib/cni", "/run"].flatMap((dir) => scene.world.files(dir));
      const own = files.filter((file) => !/^\/run\/(?:conformance|netns)\//u.test(file));
      if (own.length === 0) throw new NotTried("it keeps no files in /var/lib/cni and /run");
      for (const file of own) scene.world.remove(file);
      expectError(await scene.check(added), "CHECK after the reservation is lost");
    },
  },
  ...[1, 2, 3, 4].map(ofTheSubject),
];

function noticing(
  what: string,
  tries: string,
  profile: PluginCheck["profile"],
  unfit: NonNullable<PluginCheck["unfit"]>,
  damage: Damage,
): PluginCheck {
  return {
    name: `check-notices-${what}`,
    rule: "R56",
    level: "SHOULD",
    tries: `calls ADD, ${tries}, and calls CHECK`,
    profile,
    unfit,
    async run(scene) {
      const added = await scene.add();
      await damage(scene, added);
      expectError(await scene.check(added), `CHECK after the suite ${tries}`);
    },
  };
}

/** ip(8) in the container; what it cannot do here is not the subject's fault. */
async function inside(
  scene: PluginScene,
  { container }: Added,
  words: readonly string[],
): Promise<void> {
  const { exitCode, stderr } = await scene.world.run(["ip", "-n", container.name, ...words]);
  if (exitCode !== 0) throw new NotTried(`the damage could not be done: ${brief(stderr)}`);
}

async function otherMac(scene: PluginScene, added: Added): Promise<void> {
  const { ifName, netns } = added.container;
  const entry = listOf(added.result, "interfaces").find(({ name, sandbox }) => {
    return name === ifName && sandbox === netns;
  });
  const said = String(entry?.["mac"] ?? "");
  if (said === "") throw new NotTried("its result has no MAC");
  const other =
    said.toLowerCase() === "02:00:5e:10:00:01" ? "02:00:5e:10:00:02" : "02:00:5e:10:00:01";
  await inside(scene, added, ["link", "set", ifName, "address", other]);
}

/** Same name, same addresses, another link: only the MAC of prevResult tells them apart. */
async function otherLink(scene: PluginScene, added: Added): Promise<void> {
  const { ifName } = added.container;
  await inside(scene, added, ["link", "del", ifName]);
  await inside(scene, added, ["link", "add", ifName, "type", "veth", "peer", "name", "other1"]);
  for (const name of ["other1", ifName]) await inside(scene, added, ["link", "set", name, "up"]);
  for (const address of addressesOn(added)) {
    await inside(scene, added, ["addr", "add", address, "dev", ifName]);
  }
  for (const { dst, gw } of routesOf(added.result)) {
    const via = typeof gw === "string" && gw !== "" ? ["via", gw] : gatewayOf(added);
    await scene.world.run(["ip", "-n", added.container.name, "route", "add", String(dst), ...via]);
  }
}

function gatewayOf({ result }: Added): string[] {
  const [first = {}] = listOf(result, "ips");
  return typeof first["gateway"] === "string" ? ["via", first["gateway"]] : [];
}

/** The host's end is that link of the result which is a port; without a bridge there is none. */
async function unplugged(scene: PluginScene, added: Added): Promise<void> {
  const names = hostEnds(added);
  const ports = (await ipJson(scene.world, undefined, "link", "show")).filter(
    ({ ifname, master }) => names.includes(String(ifname)) && master !== undefined,
  );
  const [port] = ports;
  if (port === undefined) throw new NotTried("its result names no port of a bridge");
  await scene.world.must(["ip", "link", "set", String(port["ifname"]), "nomaster"]);
}

function hostEnds({ result }: Added): string[] {
  return listOf(result, "interfaces")
    .filter(({ sandbox }) => sandbox === undefined || sandbox === "")
    .map(({ name }) => String(name));
}

/** The damages that are known for this subject alone, each by its number in the list. */
function ofTheSubject(number: number): PluginCheck {
  return {
    name: `check-notices-damage-${number}`,
    rule: "R56",
    level: "SHOULD",
    tries: `calls ADD, does damage ${number} of those known for this subject, and calls CHECK`,
    profile: number === 1 ? "quick" : "full",
    unfit: unless(sees, ({ sabotage = [] }) =>
      sabotage.length < number ? `no damage ${number} is known for it (key sabotage)` : undefined,
    ),
    async run(scene) {
      const { what, commands } = scene.subject.sabotage?.[number - 1] ?? { what: "", commands: [] };
      const added = await scene.add();
      const look = async (): Promise<string[]> =>
        await picture(scene.world, [added.container.name], { isDetailed: true });
      const before = await look();
      for (const command of commands) {
        await scene.world.run(command.map((word) => filledIn(word, added)));
      }
      if (differences(before, await look()).length === 0) {
        throw new NotTried(`the damage changed nothing: ${what}`);
      }
      expectError(await scene.check(added), `CHECK after this: ${what},`);
    },
  };
}

function filledIn(word: string, added: Added): string {
  return word
    .replaceAll("{netns}", added.container.netns)
    .replaceAll("{container}", added.container.name)
    .replaceAll("{ifname}", added.container.ifName)
    .replaceAll("{host}", hostEndOf(added));
}

function hostEndOf(added: Added): string {
  const own: Container["hostLink"] = added.container.hostLink;
  return own ?? hostEnds(added).at(-1) ?? "";
}
