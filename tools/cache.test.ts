import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rejection } from "../tests/support/rejection.ts";
import { makeOnce } from "./cache.ts";
import { inScratch } from "./test/process.ts";

test("a directory is made once, whole, and by the quicker of two; a failure leaves nothing", async () => {
  await inScratch(async (root) => {
    const directory = join(root, "kept", "thing_1");
    const making = (text: string, ms: number) => async (scratch: string) => {
      const made = join(scratch, "inside");
      mkdirSync(made);
      writeFileSync(join(made, "text"), text);
      await Bun.sleep(ms);
      return made;
    };
    const failure = await rejection(
      makeOnce(directory, async (scratch) => {
        await making("half", 0)(scratch);
        throw new Error("no way out");
      }),
    );
    expect(failure.message).toBe("no way out");
    expect(readdirSync(join(root, "kept"))).toEqual([]);
    await Promise.all([
      makeOnce(directory, making("slow", 20)),
      makeOnce(directory, making("quick", 0)),
    ]);
    await makeOnce(directory, making("late", 0));
    expect(readFileSync(join(directory, "text"), "utf8")).toBe("quick");
    expect(readdirSync(join(root, "kept"))).toEqual(["thing_1"]);
  });
});
