import { expect, test } from "bun:test";
import { errorText } from "../base/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import {
  afterCleanup,
  applySteps,
  checkSteps,
  describeSteps,
  type Step,
  undoSteps,
} from "./step.ts";

/** A step that writes down what is asked of it, and fails where it is told to. */
function recording(name: string, log: string[], failing: readonly string[] = []): Step {
  const act = (what: string): void => {
    log.push(`${what} ${name}`);
    if (failing.includes(what)) {
      throw new CniError(ErrorCode.IO_FAILURE, `${what} of ${name} failed`);
    }
  };
  return {
    name,
    describe: () => `makes ${name}`,
    apply: () => {
      act("apply");
      return () => act("revert");
    },
    check: () => act("check"),
    undo: () => act("undo"),
  };
}

/** The message of the error that the work ends with. */
async function failureOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

test("steps are applied in order, and each is reported with its time", async () => {
  const log: string[] = [];
  const reports: string[] = [];
  const onStep = (report: { step: string; text: string; ms: number }): void => {
    expect(report.ms).toBeGreaterThanOrEqual(0);
    reports.push(`${report.step}: ${report.text}`);
  };
  await applySteps([recording("a", log), recording("b", log)], { onStep });
  expect(log).toEqual(["apply a", "apply b"]);
  expect(reports).toEqual(["a: makes a", "b: makes b"]);
});

test("a failing step has those before it taken back in reverse, and its own error is thrown", async () => {
  const log: string[] = [];
  const steps = [recording("a", log), recording("b", log), recording("c", log, ["apply"])];
  expect(await failureOf(applySteps(steps))).toBe("apply of c failed");
  expect(log).toEqual(["apply a", "apply b", "apply c", "revert b", "revert a"]);
});

test("what cannot be taken back is named in the details, and the rest is taken back", async () => {
  const log: string[] = [];
  const steps = [
    recording("a", log),
    recording("b", log, ["revert"]),
    recording("c", log, ["apply"]),
  ];
  const error = await applySteps(steps).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CniError);
  expect(CniError.from(error)).toMatchObject({
    code: ErrorCode.IO_FAILURE,
    msg: "apply of c failed",
    details: "could not be taken back: revert of b failed",
  });
  expect(log.slice(-2)).toEqual(["revert b", "revert a"]);
});

test("the returned revert takes the whole list back once", async () => {
  const log: string[] = [];
  const revert = await applySteps([recording("a", log), recording("b", log)]);
  await revert();
  await revert();
  expect(log).toEqual(["apply a", "apply b", "revert b", "revert a"]);
});

test("after an abort no further step begins, and what was done is taken back", async () => {
  const log: string[] = [];
  const controller = new AbortController();
  const options = {
    signal: controller.signal,
    onStep: () => controller.abort(new Error("enough")),
  };
  const steps = [recording("a", log), recording("b", log)];
  expect(await failureOf(applySteps(steps, options))).toBe("enough");
  expect(log).toEqual(["apply a", "revert a"]);
});

test("undo goes in reverse, past failures, and tells all of them at the end", async () => {
  const log: string[] = [];
  const steps = [recording("a", log, ["undo"]), recording("b", log), recording("c", log, ["undo"])];
  const error = await undoSteps(steps).catch((thrown: unknown) => thrown);
  expect(log).toEqual(["undo c", "undo b", "undo a"]);
  expect(CniError.from(error)).toMatchObject({
    msg: "undo of c failed",
    details: "undo of a failed",
  });
});

test("check stops at the first difference", async () => {
  const log: string[] = [];
  const steps = [recording("a", log), recording("b", log, ["check"]), recording("c", log)];
  expect(await failureOf(checkSteps(steps))).toBe("check of b failed");
  expect(log).toEqual(["check a", "check b"]);
});

test("descriptions are one line a step and touch nothing", () => {
  const log: string[] = [];
  expect(describeSteps([recording("a", log), recording("b", log)])).toEqual([
    "a: makes a",
    "b: makes b",
  ]);
  expect(log).toEqual([]);
});

test("what the system refuses bears the step's name, and a code that says whether to try again", async () => {
  const refused = (code: string): Step => ({
    ...recording("sysctl", []),
    apply: () => {
      throw Object.assign(new Error(`write: ${code}`), { code });
    },
  });
  const error = await applySteps([refused("EROFS")]).then(undefined, (thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 5, msg: "sysctl: write: EROFS" });
  const short = await applySteps([refused("ENOMEM")]).then(undefined, (thrown: unknown) => thrown);
  expect(short).toMatchObject({ code: 11, msg: "sysctl: write: ENOMEM" });
});

test("after a cleanup the error is the step's own, with what could not be taken back", () => {
  const own = new CniError(ErrorCode.INVALID_NETWORK_CONFIG, "no such thing");
  expect(afterCleanup(own, () => undefined)).toBe(own);
  const failing = (): never => {
    throw new Error("still busy");
  };
  expect(afterCleanup(own, failing)).toMatchObject({
    code: 7,
    msg: "no such thing",
    details: "could not be taken back: still busy",
  });
});
