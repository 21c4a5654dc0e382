import { beforeAll, describe, expect } from "bun:test";
import { join } from "node:path";
import { must, type RunAnswer, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import type { Snapshot } from "../support/snapshot.ts";
import { faultOf } from "./judge.ts";
import { some } from "./runs.ts";
import { type Call, changes, type JsonObject, Stage } from "./stage.ts";
import { type Point, pointsOf, strike, type Traced, tracerMissing } from "./tracer.ts";

/**
 * Every system call of a plugin fails once, and the plugin is killed at every one: a failed ADD
 * leaves everything as it was, and DEL removes what a killed one has left.
 */

const IPAM = {
  type: "host-local",
  ranges: [[{ subnet: "10.9.0.0/24" }], [{ subnet: "fd00:9::/64" }]],
  routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
};

interface Subject {
  readonly type: string;
  readonly keys: JsonObject;
  /** Runs behind a bridge, whose result it is given. */
  readonly chained?: true;
  /** What `ip` has to do on the host before; what is there from the last time is deleted first. */
  readonly host?: { readonly link: string; readonly make: readonly string[] };
}

const BRIDGE: Subject = {
  type: "bridge",
  keys: {
    ...{ bridge: "br0", isGateway: true, ipMasq: true, macspoofchk: true, hairpinMode: true },
    ...{ mtu: 1400, ipam: IPAM },
  },
};

/** What chained plugins run behind. */
const FIRST: Subject = { type: "bridge", keys: { bridge: "br0", isGateway: true, ipam: IPAM } };

const SUBJECTS: readonly Subject[] = [
  BRIDGE,
  { type: "ptp", keys: { ipMasq: true, mtu: 1400, ipam: IPAM } },
  { type: "tap", keys: { owner: 7, group: 7, mtu: 1400, multiQueue: true, ipam: IPAM } },
  { type: "host-local", keys: { ipam: IPAM } },
  {
    type: "host-device",
    keys: {
      ...{ device: "dev5", useInterfaceNetwork: true },
      ipam: { type: "host-local", ranges: [[{ subnet: "10.9.0.0/24" }]] },
    },
    host: {
      link: "dev5",
      make: [
        "link add dev5 alias uplink type veth peer name far5",
        "link set dev5 up",
        "address add 198.51.100.5/24 dev dev5",
        "address add 2001:db8:5::5/64 dev dev5 nodad",
        "route add 192.0.2.0/24 via 198.51.100.1 metric 40",
        "route add 192.0.2.0/24 via 198.51.100.2 table 77",
        "rule add from 198.51.100.5 table 77 priority 700",
      ],
    },
  },
  {
    type: "portmap",
    chained: true,
    keys: {
      runtimeConfig: {
        portMappings: [
          { hostPort: 8080, containerPort: 80, protocol: "tcp" },
          { hostPort: 8053, containerPort: 53, protocol: "udp" },
        ],
      },
    },
  },
  {
    type: "bandwidth",
    chained: true,
    keys: {
      ...{ ingressRate: 8_000_000, ingressBurst: 800_000 },
      ...{ egressRate: 8_000_000, egressBurst: 800_000 },
    },
  },
  { type: "sbr", chained: true, keys: { addSourceHints: true } },
  {
    type: "tuning",
    chained: true,
    keys: {
      sysctl: { "net.core.somaxconn": "500", "net.ipv4.conf.IFNAME.arp_filter": "1" },
      ...{ mac: "02:11:22:33:44:55", mtu: 1300, promisc: true, allmulti: true, txQLen: 77 },
    },
  },
];

/** How many points of one run are tried unless all are asked for. */
const POINTS = 14;

let stage: Stage;
let prevResult: JsonObject = {};
beforeAll(async () => {
  stage = await Stage.create();
});

function callOf({ type, keys, chained }: Subject, command: string): Call {
  const config = { cniVersion: "1.1.0", name: "n1", type, ...keys };
  return { type, command, config: chained === undefined ? config : { ...config, prevResult } };
}

function tracedOf(subject: Subject, command: string): Traced {
  const call = callOf(subject, command);
  const env = stage.environment(call);
  return { program: join(stage.dir, subject.type), stdin: JSON.stringify(call.config), env };
}

async function done(subject: Subject, command: string): Promise<RunAnswer> {
  const answer = await stage.run(callOf(subject, command));
  if (answer.exitCode !== 0) throw new Error(`${subject.type} ${command}: ${answer.stdout}`);
  return answer;
}

/** Where the plugin begins to work; the way back from a namespace is left out: it must not fail. */
async function points(subject: Subject, command: string): Promise<Point[]> {
  // host-local looks into no namespace but to see that it is not the host's.
  const { answer, points: all } = await pointsOf(tracedOf(subject, command), stage.container.netns);
  if (answer.exitCode !== 0) throw new Error(`traced ${subject.type}: ${answer.stdout}`);
  // A visit tries whether it could come back, goes, and comes back.
  let visits = 0;
  return all.filter(({ call }) => call !== "setns" || visits++ % 3 < 2);
}

async function picture(): Promise<Snapshot> {
  return await stage.host.snapshot([stage.container]);
}

/** Brings the host to where a subject's ADD begins. */
async function prepare(subject: Subject, warm: boolean): Promise<void> {
  await tidy(subject);
  await makeHost(subject);
  if (subject.chained !== undefined) {
    prevResult = JSON.parse((await done(FIRST, "ADD")).stdout) as JsonObject;
  }
  if (!warm) return;
  await done(subject, "ADD");
  await done(subject, "DEL");
}

/** Only the host's part: DEL has brought the rest home. */
async function makeHost({ host }: Subject): Promise<void> {
  if (host === undefined) return;
  await run(["ip", "link", "delete", host.link]);
  for (const line of host.make) {
    if (line.startsWith("rule add")) await run(["ip", ...line.replace("add", "delete").split(" ")]);
    await must(["ip", ...line.split(" ")]);
  }
}

async function tidy(subject: Subject): Promise<void> {
  await done(subject, "DEL");
  prevResult = {};
  await done(FIRST, "DEL");
  await stage.host.tidy();
}

const missing = hawserPlugins().missing ?? tracerMissing();

for (const subject of SUBJECTS) {
  const { type } = subject;
  describe(type, () => {
    skipBecause(missing)(
      "an ADD in which any system call fails leaves everything as it was",
      async () => {
        await prepare(subject, false);
        const clean = await picture();
        const all = await points(subject, "ADD");
        expect(all.length).toBeGreaterThan(10);
        const odd: string[] = [];
        let failed = 0;
        let isClean = false;
        for (const point of some(all, POINTS * 2)) {
          if (!isClean) await prepare(subject, false);
          const answer = await strike(tracedOf(subject, "ADD"), point, "error");
          isClean = answer.exitCode !== 0;
          if (!isClean) continue; // what failed is only nice to have
          failed++;
          const { problem, code } = told(answer);
          const left = changes(clean, await picture());
          isClean = left.length === 0;
          if (problem !== "" || code === 999 || !isClean) {
            odd.push([point.line, problem, `code ${code}`, ...left].join("\n"));
          }
        }
        expect(odd).toEqual([]);
        expect(failed).toBeGreaterThan(0);
      },
    );

    skipBecause(missing)("an ADD that is killed at any system call is removed by DEL", async () => {
      await prepare(subject, true);
      const clean = await picture();
      const all = await points(subject, "ADD");
      await done(subject, "DEL");
      const odd: string[] = [];
      for (const point of some(all, POINTS)) {
        const answer = await strike(tracedOf(subject, "ADD"), point, "kill");
        if (answer.exitCode === 0) odd.push(`it was not killed: ${point.line}`);
        await done(subject, "DEL");
        const left = changes(clean, await picture());
        if (left.length > 0) odd.push([point.line, ...left].join("\n"));
      }
      expect(odd).toEqual([]);
    });

    skipBecause(missing)(
      "a DEL in which any system call fails is finished by the next one",
      async () => {
        await prepare(subject, true);
        const clean = await picture();
        await done(subject, "ADD");
        const all = await points(subject, "DEL");
        const odd: string[] = [];
        for (const [at, point] of some(all, POINTS).entries()) {
          await done(subject, "ADD");
          // tuning tells what it could not restore, and lets the container go.
          const blow = at % 2 === 0 && type !== "tuning" ? "error" : "kill";
          const answer = await strike(tracedOf(subject, "DEL"), point, blow);
          const { problem, code } = blow === "kill" ? { problem: "", code: 0 } : told(answer);
          if (answer.exitCode !== 0 && (problem !== "" || code === 999)) {
            odd.push([point.line, problem, `code ${code}`].join("\n"));
          }
          await done(subject, "DEL");
          const left = changes(clean, await picture());
          if (left.length > 0) odd.push([`${blow}: ${point.line}`, ...left].join("\n"));
        }
        expect(odd).toEqual([]);
      },
    );
  });
}

/** What a failed call answered; `problem` says how it was no proper failure. */
function told(answer: RunAnswer): { problem: string; code: number } {
  if (answer.exitCode === 0) return { problem: "", code: 0 };
  try {
    return { problem: "", code: faultOf(answer).code };
  } catch (error) {
    return { problem: String(error), code: -1 };
  }
}
