import { expect } from "bun:test";
import { mkdtempSync, readdirSync, rmdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";
import { StoreError, under } from "../index.ts";
import { FileStore } from "./index.ts";

needs("root")(
  "on a full disk a change fails whole, says so, and what was answered stays",
  async () => {
    const place = mkdtempSync(join(tmpdir(), "full-"));
    await must(["mount", "-t", "tmpfs", "-o", "size=256k", "full", place]);
    const directory = join(place, "store");
    await using store = FileStore.open(directory);
    const filler = join(place, "filler");
    await store.transact([], [{ put: "k/first", value: "1" }]);
    writeFileSync(filler, "x".repeat(150_000));
    let answered = 1;
    let error: Error | undefined;
    while (error === undefined) {
      error = await store.transact([], [{ put: `k/${answered}`, value: "x".repeat(5_000) }]).then(
        () => undefined,
        (reason: Error) => reason,
      );
      if (error === undefined) answered++;
    }
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ fault: "full", isUncertain: false });
    expect(error?.message).toContain(directory);
    expect((await store.read(under("k/"))).entries).toHaveLength(answered);
    await using other = FileStore.open(directory);
    expect((await other.read(under("k/"))).entries).toHaveLength(answered);
    unlinkSync(filler);
    expect((await store.transact([], [{ put: "k/last", value: "" }])).done).toBe(true);
    expect((await other.read(under("k/"))).entries).toHaveLength(answered + 1);
    expect(
      readdirSync(directory).map((name) => statSync(join(directory, name)).size > 0),
    ).toContain(true);
    // What is open keeps a file of it: the mark of the machine that uses it.
    for (const each of [store, other]) await each[Symbol.asyncDispose]();
    await must(["umount", place]);
    rmdirSync(place);
  },
);
