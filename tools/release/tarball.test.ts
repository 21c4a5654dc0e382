import { expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { inScratch } from "../test/process.ts";
import { compareFiles } from "./compare.ts";
import { must } from "./must.ts";
import { packTarGz } from "./tarball.ts";

/** Archives of the same content, made of files that came to be in other ways. */

const EPOCH = 1_700_000_000;

function lay(parent: string, names: readonly string[], mode: number, seconds: number): void {
  const directory = join(parent, "tree");
  mkdirSync(directory, { recursive: true });
  for (const name of names) {
    writeFileSync(join(directory, name), `text of ${name}`);
    chmodSync(join(directory, name), mode);
    utimesSync(join(directory, name), seconds, seconds);
  }
  symlinkSync("a", join(directory, "link"));
}

async function packed(parent: string): Promise<string> {
  const target = join(parent, "tree.tar.gz");
  await packTarGz({ parent, names: ["tree"], target, epochSeconds: EPOCH });
  return target;
}

test("order, modes and times of the files play no part; a content does, and is named", async () => {
  await inScratch(async (scratch) => {
    const [one, other] = [join(scratch, "one"), join(scratch, "longer/other")];
    lay(one, ["a", "b"], 0o600, 1);
    lay(other, ["b", "a"], 0o664, 99_999);
    const [left, right] = [await packed(one), await packed(other)];
    expect(readFileSync(left).equals(readFileSync(right))).toBe(true);
    expect(await compareFiles(left, right, scratch)).toBe("yes");
    const listed = await must(["tar", "-tvf", left, "--full-time"], {
      cwd: scratch,
      env: { TZ: "UTC" },
    });
    expect(listed.match(/ 0\/0 .*2023-11-14 22:13:20 /gu)).toHaveLength(4);

    writeFileSync(join(other, "tree/b"), "text of another");
    const changed = await packed(other);
    expect(await compareFiles(left, changed, join(scratch, "x"))).toBe("no: it has other tree/b");
    expect(await compareFiles(join(one, "tree/b"), join(other, "tree/b"), scratch)).toBe(
      "no: it differs from byte 8 on",
    );
  });
});
