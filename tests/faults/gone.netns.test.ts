import { beforeAll, describe, expect } from "bun:test";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { readExamples } from "../../tools/manuals/example.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import type { PluginObject } from "../support/chain.ts";
import { must, run } from "../support/exec.ts";
import { Host, loseState } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { isPlayable } from "../support/playable.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { type Change, Play, type Played } from "./play.ts";

/** DEL of every plugin when something, or everything, is gone already: it succeeds, and leaves nothing. */

const LIMIT_MS = 30_000;
const PLAIN = "/run/plain";

interface Loss {
  readonly what: string;
  /** What is lost, and how DEL is called then. */
  readonly lose: (play: Play) => Promise<Change> | Change;
  /** What to remove cannot be known without what is lost: leftovers are none of DEL's faults. */
  readonly blind?: true;
}

const LOSSES: readonly Loss[] = [
  {
    what: "the namespace and its path",
    lose: async (play) => {
      await play.endContainer();
      return {};
    },
  },
  {
    what: "the namespace, and CNI_NETNS is empty",
    lose: async (play) => {
      await play.endContainer();
      return { attachment: { netns: "" } };
    },
  },
  {
    what: "the namespace, and a plain file is in its place",
    lose: async (play) => {
      await play.endContainer();
      writeFileSync(PLAIN, "x");
      return { attachment: { netns: PLAIN } };
    },
  },
  {
    what: "the process that CNI_NETNS names, and the namespace with it",
    lose: async (play) => {
      await play.endContainer();
      return { attachment: { netns: `/proc/${await deadProcess()}/ns/net` } };
    },
  },
  {
    what: "the container's links",
    lose: async (play) => {
      for (const name of await linksOf(play)) await run(inside(play, "link", "delete", name));
      return {};
    },
  },
  {
    what: "the host's links",
    lose: async () => {
      const links = JSON.parse(await must(["ip", "-j", "link"])) as { ifname: string }[];
      for (const { ifname } of links) {
        if (ifname !== "lo") await run(["ip", "link", "delete", ifname]);
      }
      return {};
    },
  },
  { what: "the result of ADD", lose: () => ({ prevResult: undefined }) },
  {
    what: "the result's sense",
    lose: () => ({
      request: (request) => ({ ...request, prevResult: { cniVersion: "1.1.0", ips: "x" } }),
    }),
  },
  {
    what: "the result's shape",
    lose: () => ({ request: (request) => ({ ...request, prevResult: ["x"] }) }),
  },
  {
    what: "every note of ours on the disk",
    lose: () => {
      loseState();
      return {};
    },
  },
  {
    what: "every note on the disk, and the namespace",
    lose: async (play) => {
      await play.endContainer();
      for (const dir of ["/run/hawser", "/run/cni", "/var/lib/cni"]) empty(dir);
      return { prevResult: undefined };
    },
    blind: true,
  },
  {
    what: "the sense of the configuration",
    lose: () => ({ request: (request) => nonsense(request) }),
  },
  {
    what: "the sense of IPAM's configuration",
    lose: () => ({ request: (request) => withoutIpam(request) }),
  },
  {
    what: "all of the configuration but the name",
    lose: () => ({
      request: ({ cniVersion, name, type, prevResult }) => ({ cniVersion, name, type, prevResult }),
    }),
    // Which attachment reserved the addresses is not known any more.
    blind: true,
  },
];

function inside(play: Play, ...words: string[]): string[] {
  return ["ip", "-n", play.scene.container.name, ...words];
}

async function linksOf(play: Play): Promise<string[]> {
  const links = JSON.parse(await must(inside(play, "-j", "link"))) as { ifname: string }[];
  return links.map(({ ifname }) => ifname).filter((name) => name !== "lo");
}

async function deadProcess(): Promise<number> {
  const child = Bun.spawn(["true"]);
  await child.exited;
  return child.pid;
}

/** Empties the mounts that the directory may be. */
function empty(dir: string): void {
  mkdirSync(dir, { recursive: true });
  for (const name of readdirSync(dir)) rmSync(`${dir}/${name}`, { recursive: true, force: true });
}

const KEPT: ReadonlySet<string> = new Set(["cniVersion", "name", "type", "ipam", "prevResult"]);

/** Every key that is not needed to find what is to be removed gets a value of no sense. */
function nonsense(request: PluginObject): PluginObject {
  return Object.fromEntries(
    Object.entries(request).map(([key, value]) => [key, KEPT.has(key) ? value : -1.5]),
  );
}

/** IPAM's own keys make no sense; which plugin it is, and where its files are, is still known. */
function withoutIpam(request: PluginObject): PluginObject {
  const ipam = request["ipam"];
  if (typeof ipam !== "object" || ipam === null) return request;
  const senseless = Object.entries(ipam).map(([key, value]) => {
    return [key, key === "type" || key === "dataDir" ? (value as unknown) : -1.5];
  });
  return { ...request, ipam: { ...Object.fromEntries(senseless), ranges: 7, routes: "x" } };
}

let host: Host;
beforeAll(async () => {
  host = await Host.create();
});

function failures(answers: readonly Played[]): string[] {
  return answers
    .filter(({ exitCode, stdout }) => exitCode !== 0 || stdout !== "")
    .map(({ type, stdout, stderr }) => `${type}: ${stdout} ${stderr}`);
}

const { missing } = hawserPlugins();

for (const plugin of PLUGIN_NAMES) {
  for (const example of readExamples(plugin).filter(({ needs: wanted }) => isPlayable(wanted))) {
    const test = missing === undefined ? needs(...example.needs) : skipBecause(missing);
    describe(`${plugin}, ${example.title}`, () => {
      for (const { what, lose, blind } of LOSSES) {
        test(
          `DEL succeeds without ${what}, and again`,
          async () => {
            const play = await Play.open(host, example);
            try {
              await play.add();
              const change = await lose(play);
              expect(failures(await play.call("DEL", change))).toEqual([]);
              expect(failures(await play.call("DEL", change))).toEqual([]);
              rmSync(PLAIN, { force: true });
              if (blind === undefined) expect(await play.more()).toEqual([]);
            } finally {
              await play.close();
            }
          },
          LIMIT_MS,
        );
      }

      test(
        "DEL succeeds four times at once",
        async () => {
          const play = await Play.open(host, example);
          try {
            await play.add();
            const { result } = play;
            const dels = [1, 2, 3, 4].map(() => play.scene.run("DEL", { prevResult: result }));
            await Promise.all(dels);
            expect(await play.more()).toEqual([]);
          } finally {
            await play.close();
          }
        },
        LIMIT_MS,
      );
    });
  }
}
