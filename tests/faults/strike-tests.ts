import { beforeAll, describe, expect } from "bun:test";
import { join } from "node:path";
import { must, type RunAnswer, run } from "../support/exec.ts";
import { needs, skipBecause, type TestFunction } from "../support/needs.ts";
import { isPlayable } from "../support/playable.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import type { Snapshot } from "../support/snapshot.ts";
import { faultOf } from "./judge.ts";
import { FACTOR, some } from "./runs.ts";
import { type Call, changes, type JsonObject, Stage } from "./stage.ts";
import { FIRST, SUBJECTS, type Subject } from "./subjects.ts";
import { type Point, pointsOf, strike, type Traced, tracerMissing } from "./tracer.ts";

/**
 * Every system call of a plugin fails once, and the plugin is killed at every one: a failed ADD
 * leaves everything as it was, and DEL removes what a killed one has left.
 */

/** How many points of one run are tried unless all are asked for. */
const POINTS = 14;
const LIMIT_MS = 60_000 * FACTOR;

let stage: Stage;
let prevResult: JsonObject = {};

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

function testOf(subject: Subject): TestFunction {
  if (!isPlayable(subject.needs ?? [])) return () => undefined;
  const missing = hawserPlugins().missing ?? tracerMissing();
  return missing === undefined ? needs(...(subject.needs ?? [])) : skipBecause(missing);
}

/** Registers the tests of the plugins. */
export function strikeTests(...types: readonly string[]): void {
  beforeAll(async () => {
    stage = await Stage.create();
  });
  for (const subject of SUBJECTS.filter(({ type }) => types.includes(type))) strikeAll(subject);
}

function strikeAll(subject: Subject): void {
  const { type } = subject;
  const register = testOf(subject);
  const test = (name: string, work: () => Promise<void>): void => register(name, work, LIMIT_MS);
  describe(type, () => {
    test("an ADD in which any system call fails leaves everything as it was", async () => {
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
    });

    test("an ADD that is killed at any system call is removed by DEL", async () => {
      await prepare(subject, true);
      const clean = await picture();
      const all = await points(subject, "ADD");
      await done(subject, "DEL");
      const odd: string[] = [];
      const chosen = some(all, POINTS);
      let missed = 0;
      for (const point of chosen) {
        const answer = await strike(tracedOf(subject, "ADD"), point, "kill");
        if (answer.exitCode === 0) missed++;
        await done(subject, "DEL");
        const left = changes(clean, await picture());
        if (left.length > 0) odd.push([point.line, ...left].join("\n"));
      }
      expect(odd).toEqual([]);
      // A process that waits for events makes a call more or less each time, so that its last is not always met.
      expect(missed).toBeLessThanOrEqual(Math.ceil(chosen.length / 10));
    });

    test("a DEL in which any system call fails is finished by the next one", async () => {
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
    });
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
