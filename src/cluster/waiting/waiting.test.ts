import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { Ip } from "../../addr/index.ts";
import type { Need } from "../../fleet/index.ts";
import { replaceDurably } from "../../state/files/index.ts";
import { type ClusterPaths, pathsOf } from "../config/index.ts";
import { MemberLock } from "../member/index.ts";
import { BootClock } from "../node/index.ts";
import { leaveWants, PictureWait, readWants } from "./index.ts";

failOnLeakedDescriptors();

const clock = new BootClock();
const WAIT_MS = 30_000;
const NEEDS: readonly Need[] = [{ subnet: 0 }, { subnet: 1, address: Ip.parse("fd00::7") }];

let directory = "";
let paths: ClusterPaths;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "waiting-"));
  paths = pathsOf({ dataDir: directory, network: "pods" });
  mkdirSync(paths.directory, { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("needs of waiting ADDs", () => {
  test("are read for each ADD, certain addresses and names once, and go with their maker", () => {
    expect(readWants(paths, clock)).toEqual([]);
    using _one = leaveWants(paths, NEEDS, clock, WAIT_MS);
    {
      using _two = leaveWants(paths, [{ subnet: 0 }, { subnet: 0, sticky: "web" }], clock, WAIT_MS);
      using _three = leaveWants(paths, NEEDS.slice(1), clock, WAIT_MS);
      const needs = readWants(paths, clock);
      expect(needs).toHaveLength(4);
      expect(needs.filter((need) => Object.keys(need).length === 1)).toEqual([
        { subnet: 0 },
        { subnet: 0 },
      ]);
    }
    expect(readWants(paths, clock)).toHaveLength(2);
    expect(readWants(paths, clock)).toContainEqual({ subnet: 1, address: Ip.parse("fd00::7") });
  });

  test("of a process that was killed are taken away after a time, and after a start of the machine", () => {
    leaveWants(paths, NEEDS, clock, WAIT_MS);
    const after = (ms: number) => ({ boot: clock.boot, now: () => clock.now() + ms });
    expect(readWants(paths, after(WAIT_MS))).toHaveLength(2);
    const later = after(2 * WAIT_MS + 1);
    expect(readWants(paths, later)).toEqual([]);
    expect(readdirSync(paths.wants)).toEqual([]);
    leaveWants(paths, NEEDS, clock, WAIT_MS);
    expect(readWants(paths, { boot: "other", now: () => clock.now() })).toEqual([]);
    expect(readdirSync(paths.wants)).toEqual([]);
  });

  test("of an ADD that waits for ten minutes stand as long, and those that do not say so for two", () => {
    leaveWants(paths, NEEDS, clock, 600_000);
    const after = (ms: number) => ({ boot: clock.boot, now: () => clock.now() + ms });
    expect(readWants(paths, after(599_000))).toHaveLength(2);
    expect(readWants(paths, after(631_000))).toEqual([]);
    const note = { boot: clock.boot, atMs: clock.now(), needs: [{ subnet: 0 }] };
    writeFileSync(`${paths.wants}/${crypto.randomUUID()}`, JSON.stringify(note));
    expect(readWants(paths, after(119_000))).toHaveLength(1);
    expect(readWants(paths, after(121_000))).toEqual([]);
  });

  test("that make no sense are none", () => {
    mkdirSync(paths.wants, { recursive: true });
    const put = (text: string): void =>
      writeFileSync(`${paths.wants}/${crypto.randomUUID()}`, text);
    const at = { boot: clock.boot, atMs: clock.now() };
    put("");
    put("[".repeat(4000));
    put("x".repeat(5000));
    put(JSON.stringify({ ...at, needs: [{ subnet: -1 }, { subnet: 0, address: "no" }, 7] }));
    put(JSON.stringify({ ...at, needs: [{ subnet: 0, sticky: "x".repeat(513) }] }));
    put(JSON.stringify({ ...at, needs: "many" }));
    writeFileSync(`${paths.wants}/..strange`, "{}");
    mkdirSync(`${paths.wants}/${crypto.randomUUID()}`);
    expect(readWants(paths, clock)).toEqual([]);
  });

  test("are bounded in number", () => {
    for (let count = 0; count < 1030; count++) {
      leaveWants(paths, [{ subnet: count }], clock, WAIT_MS);
    }
    expect(readWants(paths, clock)).toHaveLength(1024);
  });
});

describe("an ADD that waits", () => {
  const wait = (more: object): PictureWait =>
    new PictureWait({
      ...{
        place: { dataDir: directory, network: "pods" },
        needs: NEEDS,
        clock,
        reason: () => undefined,
      },
      once: () => Promise.reject(new Error("nobody should be asked")),
      signal: new AbortController().signal,
      ...more,
    });

  test("goes on when the member has changed the picture", async () => {
    using _member = MemberLock.take(paths);
    using waiting = wait({});
    expect(readWants(paths, clock)).toHaveLength(2);
    setTimeout(() => replaceDurably(paths.picture, "{}"), 20);
    await waiting.next();
    const again = waiting.next();
    setTimeout(() => replaceDurably(paths.picture, "{}"), 20);
    await again;
  });

  test("is the member itself when no process is, one at a time", async () => {
    let inside = 0;
    let rounds = 0;
    const once = async (): Promise<void> => {
      expect(++inside).toBe(1);
      await Bun.sleep(5);
      inside--;
      rounds++;
    };
    const all = Array.from({ length: 5 }, async () => {
      using waiting = wait({ once });
      await waiting.next();
    });
    await Promise.all(all);
    expect(rounds).toBeGreaterThan(0);
    expect(readdirSync(paths.wants)).toEqual([]);
    using lock = MemberLock.take(paths);
    expect(lock).toBeDefined();
  });

  test("ends with code 11 and the reason, and tries again until then", async () => {
    let rounds = 0;
    const once = (): Promise<void> => Promise.reject(new Error(`the store is away ${++rounds}`));
    using waiting = wait({ once, patienceMs: 400 });
    const error = await rejection(waiting.next());
    expect(error).toMatchObject({ code: 11, details: `the store is away ${rounds}` });
    expect(rounds).toBeGreaterThan(1);
  });

  test("says that another process is the member, where that one says nothing", async () => {
    using _member = MemberLock.take(paths);
    using waiting = wait({ patienceMs: 30 });
    expect(await rejection(waiting.next())).toMatchObject({
      code: 11,
      details: expect.stringContaining("another process is the network's member") as string,
    });
  });

  test("ends with its call", async () => {
    using _member = MemberLock.take(paths);
    const signal = AbortSignal.timeout(30);
    using waiting = wait({ signal, reason: () => "no block is free" });
    expect(await rejection(waiting.next())).toMatchObject({
      code: 11,
      details: "no block is free",
    });
  });
});
