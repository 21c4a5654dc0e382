import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { Prefix } from "../../addr/index.ts";
import type { Member, Need } from "../../fleet/index.ts";
import { withReservations } from "../../state/reservations/index.ts";
import type { Store } from "../../store/index.ts";
import { type ClusterConfig, type ClusterPaths, pathsOf } from "../config/index.ts";
import { BootClock } from "../node/index.ts";
import { leaveWants } from "../waiting/index.ts";
import { MemberLock, Membership } from "./index.ts";

failOnLeakedDescriptors();

const clock = new BootClock();
let directory = "";
let cluster: ClusterConfig;
let paths: ClusterPaths;
let end = new AbortController();
let reported: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "membership-"));
  const place = { dataDir: directory, network: "pods" };
  paths = pathsOf(place);
  cluster = {
    place,
    fleet: {
      ...{ network: "pods", subnets: [Prefix.parse("10.42.0.0/16")], blockSizes: [26] },
      ...{ quarantineMs: 1000, leaseSeconds: 2, restMs: 1000, overlay: "none" },
    },
    store: { kind: "files", directory },
    overlay: { kind: "none", vni: 1, port: 0 },
  };
  end = new AbortController();
  reported = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

/** So long ADDs wait. */
const WAIT_MS = 30_000;

/** A member that notes what it hears, and fails as often as it is to. */
class Noted implements Member {
  needs: readonly Need[] = [];
  changes = 0;
  doubts = 0;
  runs = 0;
  failures = 0;
  trouble: string | undefined;

  async run(signal: AbortSignal): Promise<void> {
    this.runs++;
    if (this.failures-- > 0) throw new Error("it fell over");
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  }

  once(): Promise<void> {
    return Promise.reject(new Error("a daemon's member runs"));
  }

  need(needs: readonly Need[]): void {
    this.needs = needs;
  }

  changed(): void {
    this.changes++;
  }

  doubt(): void {
    this.doubts++;
  }
}

function membershipOf(member: Member): Membership {
  return new Membership({
    cluster,
    store: {} as Store,
    facts: () => ({ version: "1" }),
    report: ({ text }) => void reported.push(text),
    make: ({ facts }) => {
      facts("a");
      return Promise.resolve({ node: "a", member });
    },
  });
}

async function until(isSo: () => boolean): Promise<void> {
  for (let count = 0; !isSo(); count++) {
    if (count > 1000) throw new Error("it did not happen");
    await Bun.sleep(5);
  }
}

test("needs and changes reach the member, those from before it began included", async () => {
  using _before = leaveWants(paths, [{ subnet: 0 }], clock, WAIT_MS);
  const member = new Noted();
  const membership = membershipOf(member);
  membership.doubt(); // of a member that has not begun
  const running = membership.run(end.signal);
  await until(() => member.needs.length === 1);
  {
    using _one = leaveWants(paths, [{ subnet: 1 }], clock, WAIT_MS);
    await until(() => member.needs.length === 2);
  }
  await until(() => member.needs.length === 1);
  await withReservations(paths.reservations, { create: true }, (all) => {
    all.create("10.42.0.7", { containerId: "c", ifName: "eth0" });
  });
  await until(() => member.changes > 0);
  membership.doubt();
  expect(member.doubts).toBe(1);
  expect(existsSync(`${paths.directory}/facts.json`)).toBe(true);
  end.abort();
  await running;
  expect(member.runs).toBe(1);
});

test("it waits for the lock, and says so", async () => {
  const member = new Noted();
  const membership = membershipOf(member);
  const other = MemberLock.take(paths);
  const running = membership.run(end.signal);
  await until(() => membership.trouble?.includes("another process") === true);
  expect(member.runs).toBe(0);
  other?.[Symbol.dispose]();
  await until(() => membership.trouble === undefined);
  expect([member.runs, membership.node]).toEqual([1, "a"]);
  end.abort();
  await running;
});

test("a member that fails begins again, and ends nothing", async () => {
  const member = new Noted();
  member.failures = 1;
  const membership = membershipOf(member);
  const running = membership.run(end.signal);
  await until(() => membership.trouble === "it fell over");
  expect(reported).toEqual(["it fell over"]);
  await until(() => member.runs === 2);
  await until(() => membership.trouble === undefined);
  end.abort();
  await running;
});

test("a member whose lock is another file gives way", async () => {
  const member = new Noted();
  const running = membershipOf(member).run(end.signal);
  await until(() => member.runs === 1);
  renameSync(paths.memberLock, `${paths.memberLock}.moved`);
  using _other = MemberLock.take(paths);
  using _need = leaveWants(paths, [{ subnet: 0 }], clock, WAIT_MS);
  const next = new Noted();
  const membership = membershipOf(next);
  await Bun.sleep(50);
  expect(membership.node).toBeUndefined();
  end.abort();
  await running;
  expect(member.runs).toBe(1);
});
