import { beforeAll, expect } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { atLeast } from "../../src/spec/index.ts";
import { readExamples } from "../../tools/manuals/example.ts";
import { run } from "../support/exec.ts";
import { Host } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { isPlayable } from "../support/playable.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { type Damage, damagesOf, nftDamages, reservationDamages } from "./damages.ts";
import { Play, type Played } from "./play.ts";

/** Everything that ADD has made is damaged, one thing at a time: CHECK says so, and DEL copes. */

const NETWORKS = "/var/lib/cni/networks";

async function allDamages(play: Play): Promise<Damage[]> {
  return [
    ...(await damagesOf(play.scene.container.name)),
    ...(await damagesOf()),
    ...(await nftDamages()),
    ...(existsSync(NETWORKS) ? reservationDamages(NETWORKS) : []),
  ];
}

async function made(play: Play, before: ReadonlySet<string>): Promise<Damage[]> {
  return (await allDamages(play)).filter(({ what }) => !before.has(what));
}

const { missing } = hawserPlugins();

/** How each plugin that was not content put it. */
function complaints(answers: readonly Played[]): { type: string; code: number; text: string }[] {
  return answers
    .filter(({ exitCode }) => exitCode !== 0)
    .map(({ type, stdout }) => {
      const { code, msg, details } = JSON.parse(stdout) as {
        code: number;
        msg: string;
        details?: string;
      };
      return { type, code, text: [msg, details].filter(Boolean).join("; ") };
    });
}

/** What CHECK lets pass, with the reason; before 1.1.0, whose results have none, MTUs too. */
const TOLERATED: readonly RegExp[] = [
  // udev and others give the host's links MACs of their own, and nothing rests on them.
  /^host: link set dev \S+ address /,
  // A bridge is the network's; its MTU goes with its ports.
  /^host: link set dev (?!veth|bwp)\S+ mtu /,
  // No packet passes a VRF's own device with its MAC or by its MTU.
  /^container: link set dev blue (address|mtu) /,
];

/** What cannot be done to a link of its kind. */
const IMPOSSIBLE = /not supported/;

/** Registers the test of each example of the plugins. */
export function damageTests(plugins: readonly string[]): void {
  let host: Host;
  beforeAll(async () => {
    host = await Host.create();
  });
  for (const plugin of plugins) {
    for (const example of readExamples(plugin).filter(({ needs: wanted }) => isPlayable(wanted))) {
      const test = missing === undefined ? needs(...example.needs) : skipBecause(missing);
      test(`${plugin}, ${example.title}: CHECK names every damage, and DEL removes what is left`, async () => {
        const play = await Play.open(host, example);
        try {
          expect(await damageAll(play)).toEqual([]);
        } finally {
          await play.close();
        }
      }, 120_000);
    }
  }
}

async function damageAll(play: Play): Promise<string[]> {
  const odd: string[] = [];
  const before = new Set((await allDamages(play)).map(({ what }) => what));
  await play.addHere();
  const damages = await made(play, before);
  expect(damages.length).toBeGreaterThan(0);
  for (const { what } of damages) {
    const now = (await made(play, before)).find((each) => each.what === what);
    odd.push(...(now === undefined ? [`not there again: ${what}`] : await damage(play, now)));
  }
  return odd;
}

/** Does one damage, asks CHECK, and brings everything back by DEL and ADD. */
async function damage(play: Play, { what, argv, stdin }: Damage): Promise<string[]> {
  const odd: string[] = [];
  const done = await run([...argv], stdin === undefined ? {} : { stdin });
  if (done.exitCode !== 0) {
    return IMPOSSIBLE.test(done.stderr) ? [] : [`cannot be done: ${what}: ${done.stderr}`];
  }
  const said = complaints(await play.call("CHECK"));
  const { cniVersion } = play.scene.example.network;
  const tolerated = atLeast(cniVersion, "1.1.0") ? TOLERATED : [...TOLERATED, / mtu \d+$/];
  if (said.length === 0 && !tolerated.some((known) => known.test(what))) {
    odd.push(`unseen: ${what}`);
  }
  for (const { code, type, text } of said) {
    if (code !== 100) odd.push(`${what}: ${type}: code ${code}: ${text}`);
  }
  const failed = complaints(await play.call("DEL"));
  if (failed.length > 0) odd.push(`DEL after ${what}: ${JSON.stringify(failed)}`);
  const more = await play.more();
  if (more.length > 0) odd.push(`left after ${what}: ${more.join("\n")}`);
  // The next ADD gets the same addresses again.
  rmSync(NETWORKS, { recursive: true, force: true });
  // A device that was deleted is not brought back by DEL.
  for (const line of play.scene.example.host) await run(line.split(" "));
  await play.addHere();
  return odd;
}
