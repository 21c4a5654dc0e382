import { describe, expect } from "bun:test";
import { skipBecause } from "../../../tests/support/needs.ts";
import { debianPlugins, hawserPlugins, newestPlugins } from "../../../tests/support/plugin-sets.ts";
import { FAR4, FAR6, routingLab } from "../../../tests/support/routing-lab.ts";
import { askFrom } from "../../../tests/support/traffic.ts";

const PORT = 80;
const OWN = hawserPlugins();
const GO = [debianPlugins(), newestPlugins()];

const lab = routingLab();

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
    await lab.connect("eth0", "net1");
    await lab.serve();
    // The latest default route is the first: without rules, eth0's questions stay unanswered.
    expect(await isAnswered("net1", 4)).toBe(true);
    expect(await isAnswered("eth0", 4)).toBe(false);

    await lab.program(OWN, "sbr", "ADD", "net1");
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
      await lab.connect("eth0", "net1");
      await lab.program(go, "sbr", "ADD", "net1");
      expect(await rules()).toEqual([
        ["10.2.0.2", "100"],
        ["fd02::2", "101"],
      ]);
      await lab.program(OWN, "sbr", "CHECK", "net1");
      await lab.program(OWN, "sbr", "DEL", "net1");
      expect(await rules()).toEqual([]);
    });

    skipBecause(missing)(`what ours has added is removed by ${go.name}`, async () => {
      await lab.connect("eth0", "net1");
      await lab.program(OWN, "sbr", "ADD", "net1");
      await lab.program(go, "sbr", "CHECK", "net1");
      await lab.program(go, "sbr", "DEL", "net1");
      expect(await rules()).toEqual([]);
      await lab.program(OWN, "sbr", "DEL", "net1");
      expect(await lab.routes(100)).toEqual([]);
    });

    skipBecause(missing)(
      `at one moment with ${go.name}, no two take one table`,
      async () => {
        for (let round = 0; round < 4; round++) {
          await lab.connect("eth0", "net1");
          await Promise.all([
            lab.program(OWN, "sbr", "ADD", "eth0"),
            lab.program(go, "sbr", "ADD", "net1"),
          ]);
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
        await lab.connect("eth0", "net1");
        await Promise.all([
          lab.program(OWN, "sbr", "ADD", "eth0"),
          lab.program(OWN, "sbr", "ADD", "net1"),
        ]);
        const tables = (await lab.rules()).map(({ table }) => table);
        expect(new Set(tables)).toEqual(new Set(["100", "101", "102", "103"]));
        await Promise.all([
          lab.program(OWN, "sbr", "CHECK", "eth0"),
          lab.program(OWN, "sbr", "CHECK", "net1"),
        ]);
        await Promise.all([
          lab.program(OWN, "sbr", "DEL", "eth0"),
          lab.program(OWN, "sbr", "DEL", "net1"),
        ]);
        expect(await rules()).toEqual([]);
      }
    },
    40_000,
  );
});
