import { afterEach, beforeAll, describe, expect } from "bun:test";
import { callEnvironment, runPlugin } from "../../../tests/support/chain.ts";
import { Host } from "../../../tests/support/host.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import {
  debianPlugins,
  hawserPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";
import { FAR4, FAR6, RoutingLab } from "../../../tests/support/routing-lab.ts";
import { askFrom, type Greeter, startGreeter } from "../../../tests/support/traffic.ts";

const PORT = 80;
const OWN = hawserPlugins();
const GO = [debianPlugins(), newestPlugins()];

let host: Host;
let lab: RoutingLab;
let count = 0;
let server: Greeter | undefined;

beforeAll(async () => {
  host = await Host.create();
});

async function newLab(): Promise<void> {
  count += 1;
  lab = await RoutingLab.create(host, `p${count}`, "eth0", "net1");
}

afterEach(async () => {
  await server?.stop();
  server = undefined;
  await host.tidy();
});

async function call(
  set: PluginSet,
  command: "ADD" | "CHECK" | "DEL",
  ifName: string,
): Promise<void> {
  const { netns, name } = lab.container;
  const prevResult = lab.result(ifName, { cniVersion: "1.0.0" });
  const config = lab.config("sbr", ifName, { cniVersion: "1.0.0", prevResult });
  const env = callEnvironment(command, set.dir, { containerId: name, netns, ifName });
  const answer = await runPlugin(set.dir, "sbr", config, env);
  if (answer.exitCode !== 0) throw new Error(`${set.name} ${command}: ${answer.stdout}`);
}

/** Source and table of each rule. */
async function rules(): Promise<unknown[]> {
  return (await lab.rules()).map(({ src, table }) => [src, table]);
}

/** Whether the far machine, which asks through one of the routers, is answered. */
async function isAnswered(ifName: string, family: 4 | 6): Promise<boolean> {
  const { router, address4, address6 } = lab.lan(ifName);
  try {
    const answer = await askFrom(router, family === 4 ? address4 : address6, PORT);
    return answer === `${lab.container.name} ${family === 4 ? FAR4 : FAR6}`;
  } catch {
    return false;
  }
}

skipBecause(OWN.missing)(
  "an answer leaves by the interface that the question came in by",
  async () => {
    await newLab();
    server = await startGreeter(lab.container, PORT);
    // The latest default route is the first: without rules, eth0's questions stay unanswered.
    expect(await isAnswered("net1", 4)).toBe(true);
    expect(await isAnswered("eth0", 4)).toBe(false);

    await call(OWN, "ADD", "net1");
    for (const family of [4, 6] as const) {
      expect([family, await isAnswered("net1", family)]).toEqual([family, true]);
      expect([family, await isAnswered("eth0", family)]).toEqual([family, true]);
    }
  },
  40_000,
);

describe("beside the Go plugin", () => {
  for (const go of GO) {
    const missing = OWN.missing ?? go.missing;
    skipBecause(missing)(`what ${go.name} has added is checked and removed by ours`, async () => {
      await newLab();
      await call(go, "ADD", "net1");
      expect(await rules()).toEqual([
        ["10.2.0.2", "100"],
        ["fd02::2", "101"],
      ]);
      await call(OWN, "CHECK", "net1");
      await call(OWN, "DEL", "net1");
      expect(await rules()).toEqual([]);
    });

    skipBecause(missing)(`what ours has added is removed by ${go.name}`, async () => {
      await newLab();
      await call(OWN, "ADD", "net1");
      await call(go, "CHECK", "net1");
      await call(go, "DEL", "net1");
      expect(await rules()).toEqual([]);
      await call(OWN, "DEL", "net1");
      expect(await lab.routes(100)).toEqual([]);
    });

    skipBecause(missing)(
      `at one moment with ${go.name}, no two take one table`,
      async () => {
        for (let round = 0; round < 4; round++) {
          await newLab();
          await Promise.all([call(OWN, "ADD", "eth0"), call(go, "ADD", "net1")]);
          const tables = (await lab.rules()).map(({ table }) => table);
          expect(new Set(tables).size).toBe(4);
        }
      },
      40_000,
    );
  }

  skipBecause(OWN.missing)(
    "two of ours at one moment do not take one table",
    async () => {
      for (let round = 0; round < 4; round++) {
        await newLab();
        await Promise.all([call(OWN, "ADD", "eth0"), call(OWN, "ADD", "net1")]);
        const tables = (await lab.rules()).map(({ table }) => table);
        expect(new Set(tables)).toEqual(new Set(["100", "101", "102", "103"]));
        await Promise.all([call(OWN, "CHECK", "eth0"), call(OWN, "CHECK", "net1")]);
        await Promise.all([call(OWN, "DEL", "eth0"), call(OWN, "DEL", "net1")]);
        expect(await rules()).toEqual([]);
      }
    },
    40_000,
  );
});
