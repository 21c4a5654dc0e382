import { beforeAll, describe, expect } from "bun:test";

import { defined } from "../../src/base/index.ts";
import { type Example, readExamples } from "../../tools/manuals/example.ts";
import { must, run } from "../support/exec.ts";
import { Host } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { isPlayable } from "../support/playable.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { leaks } from "../support/shared-objects.ts";
import { faultOf } from "./judge.ts";
import { type Change, Play, type Played } from "./play.ts";
import { changes } from "./stage.ts";

/**
 * Something is in the way of every plugin: its ADD works all the same, or says what it is and leaves
 * everything as it was. In a chain it is in the way of the last plugin alone.
 */

const LIMIT_MS = 30_000;

interface Hindrance {
  readonly what: string;
  /** Puts it there. */
  readonly hinder: (play: Play) => Promise<Change | undefined> | Change | undefined;
  /** Takes it away again. */
  readonly free?: (play: Play) => Promise<unknown>;
  /** It is in the way of the first plugin already: nothing is made before. */
  readonly first?: true;
}

async function readOnly(path: string): Promise<void> {
  await must(["mount", "--bind", path, path]);
  await must(["mount", "-o", "remount,bind,ro", path]);
}

const HINDRANCES: readonly Hindrance[] = [
  {
    what: "a link of the interface's name",
    hinder: async (play) => {
      await must(inside(play, "link", "add", "eth0", "type", "bridge"));
      return undefined;
    },
    free: (play) => must(inside(play, "link", "delete", "eth0")),
    first: true,
  },
  {
    what: "that the host's links are gone",
    hinder: async () => {
      for (const name of await hostLinks()) await run(["ip", "link", "delete", name]);
      return undefined;
    },
    first: true,
  },
  {
    what: "that the host's links are gone behind the plugin before",
    hinder: async () => {
      for (const name of await hostLinks()) await run(["ip", "link", "delete", name]);
      return undefined;
    },
  },
  {
    what: "that the container's links are gone",
    hinder: async (play) => {
      await run(inside(play, "link", "delete", "eth0"));
      return undefined;
    },
  },
  {
    what: "a directory of state that is a device",
    hinder: () => ({ env: { HAWSER_STATE_DIR: "/dev/full" } }),
  },
  {
    what: "a directory of state that is a file's",
    hinder: () => ({ env: { HAWSER_STATE_DIR: "/etc/hostname/x" } }),
  },
  {
    what: "a /proc/sys that is read-only",
    hinder: async () => {
      await readOnly("/proc/sys");
      return undefined;
    },
    free: () => must(["umount", "/proc/sys"]),
  },
  {
    what: "directories of notes and reservations that are read-only",
    hinder: async () => {
      await must(["mkdir", "-p", "/run/hawser", "/run/cni", "/var/lib/cni/networks"]);
      for (const path of ["/run/hawser", "/run/cni", "/var/lib/cni"]) await readOnly(path);
      return undefined;
    },
    free: () => must(["umount", "/run/hawser", "/run/cni", "/var/lib/cni"]),
  },
  {
    what: "a container without IPv6",
    hinder: async (play) => {
      await must([
        ...["nsenter", `--net=${play.scene.container.netns}`, "sh", "-c"],
        "for each in all default; do echo 1 > /proc/sys/net/ipv6/conf/$each/disable_ipv6; done",
      ]);
      return undefined;
    },
    first: true,
  },
  {
    what: "an older result without interfaces",
    hinder: (play) => ({ prevResult: { cniVersion: play.scene.example.network.cniVersion } }),
  },
  {
    what: "a result of another container",
    hinder: (play) => {
      const { result = {} } = play;
      const interfaces = result.interfaces?.map((each) => {
        return each.sandbox === undefined ? each : { ...each, sandbox: "/run/netns/other" };
      });
      return interfaces === undefined ? undefined : { prevResult: { ...result, interfaces } };
    },
  },
];

function inside(play: Play, ...words: string[]): string[] {
  return ["ip", "-n", play.scene.container.name, ...words];
}

async function hostLinks(): Promise<string[]> {
  const links = JSON.parse(await must(["ip", "-j", "link"])) as { ifname: string }[];
  return links.map(({ ifname }) => ifname).filter((name) => name !== "lo");
}

let host: Host;

const { missing } = hawserPlugins();

/** Registers the tests of each example of the plugins. */
export function hindranceTests(...plugins: readonly string[]): void {
  beforeAll(async () => {
    host = await Host.create();
  });
  for (const plugin of plugins) {
    for (const example of readExamples(plugin).filter(({ needs: wanted }) => isPlayable(wanted))) {
      const test = missing === undefined ? needs(...example.needs) : skipBecause(missing);
      describe(`${plugin}, ${example.title}`, () => {
        for (const hindrance of HINDRANCES) {
          test(`in the way: ${hindrance.what}`, () => hindered(example, hindrance), LIMIT_MS);
        }
        test(
          "the last plugin's ADD once more leaves the attachment whole",
          () => twice(example),
          LIMIT_MS,
        );
      });
    }
  }
}

/** The error of a failed ADD, and what it has left. */
function judge(last: Played | undefined, changed: string[]): string[] {
  if (last === undefined || last.exitCode === 0) return [];
  const { code, text } = faultOf(last);
  const problem = code === 999 || code === 0 ? [`code ${code}: ${text}`] : [];
  if (changed.length > 0) problem.push(`${text}: ${changed.join("\n")}`);
  return problem;
}

async function hindered(example: Example, hindrance: Hindrance): Promise<void> {
  const { hinder, free, first } = hindrance;
  const play = await Play.open(host, example);
  const from = first === undefined ? example.network.plugins.length - 1 : 0;
  try {
    if (from > 0) await play.addHere({ to: from });
    const change = await hinder(play);
    let problems: string[] = [];
    try {
      const before = await host.snapshot([play.scene.container]);
      const answers = await play.call("ADD", { ...change, from, to: from + 1 });
      const after = await host.snapshot([play.scene.container]);
      problems = judge(answers.at(-1), leaks(changes(before, after)));
    } finally {
      await free?.(play);
    }
    expect(problems).toEqual([]);
    // Each plugin is asked for DEL in the environment of its ADD: that says where its notes are.
    const gone = [
      ...(await play.call("DEL", { from, ...defined({ env: change?.env }) })),
      ...(from > 0 ? await play.call("DEL", { to: from }) : []),
    ];
    for (const { exitCode, stdout } of gone) {
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    }
    expect(await play.more()).toEqual([]);
  } finally {
    await play.close();
  }
}

async function twice(example: Example): Promise<void> {
  const play = await Play.open(host, example);
  const last = example.network.plugins.length - 1;
  try {
    if (last > 0) await play.addHere({ to: last });
    const before = play.result;
    const [added] = await play.call("ADD", { from: last, prevResult: before });
    expect(added?.exitCode).toBe(0);
    play.result = JSON.parse(added?.stdout ?? "") as typeof play.result;
    const picture = await host.snapshot([play.scene.container]);
    const again = await play.call("ADD", { from: last, prevResult: before });
    const problems = judge(again.at(-1), []);
    expect(problems).toEqual([]);
    if (again.at(-1)?.exitCode !== 0) {
      expect(changes(picture, await host.snapshot([play.scene.container]))).toEqual([]);
    }
    for (const answer of await play.call("CHECK")) {
      expect({ exitCode: answer.exitCode, stdout: answer.stdout }).toEqual({
        exitCode: 0,
        stdout: "",
      });
    }
    for (const { exitCode, stdout } of await play.call("DEL")) {
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    }
    expect(await play.more()).toEqual([]);
  } finally {
    await play.close();
  }
}
