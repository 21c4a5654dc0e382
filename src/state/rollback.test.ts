import { expect, test } from "bun:test";
import { CniError, ErrorCode } from "../spec/index.ts";
import { afterRollback, runAll } from "./rollback.ts";

const own = new CniError(ErrorCode.INVALID_NETWORK_CONFIG, "no such thing", {
  details: "try another",
});

/** What a stack throws when its work has failed with `own` and each undoer with one of the texts. */
async function thrownBy(...failures: string[]): Promise<unknown> {
  try {
    await using rollback = new AsyncDisposableStack();
    for (const text of failures) {
      rollback.defer(() => {
        throw new Error(text);
      });
    }
    throw own;
  } catch (error) {
    return error;
  }
}

test("after a rollback the error is the work's own", async () => {
  expect(afterRollback(await thrownBy())).toBe(own);
});

test("what could not be taken back stands in its details, in the order of the rollback", async () => {
  const error = afterRollback(await thrownBy("first made", "last made"));
  expect(error).toMatchObject({
    code: 7,
    msg: "no such thing",
    details: "try another; could not be taken back: last made; first made",
  });
});

test("everything is run, past failures; a single failure is thrown as it is", async () => {
  const done: number[] = [];
  const work = (number: number) => () => void done.push(number);
  const fail = (): never => {
    throw own;
  };
  await runAll([work(1), work(2)]);
  expect(done).toEqual([1, 2]);
  expect(await runAll([work(3), fail, work(4)]).catch((error: unknown) => error)).toBe(own);
  expect(done).toEqual([1, 2, 3, 4]);
});

test("of several failures the first is thrown, with the others in its details", async () => {
  const fail = (error: unknown) => (): never => {
    throw error;
  };
  const works = [fail(new Error("one")), fail(own), fail(new Error("three"))];
  expect(await runAll(works).catch((error: unknown) => error)).toMatchObject({
    msg: "one",
    details: "no such thing; try another; three",
  });
});
