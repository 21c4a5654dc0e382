import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { execute, releaseCode } from "../index.ts";

test("a process goes on as another program, with its own number and the words and variables given", async () => {
  const inside = `
    const { execute, open } = await import(${JSON.stringify(import.meta.resolve("../index.ts"))});
    const [kept, closed] = [open("/dev/zero", 0).number, open("/dev/zero", 0).number];
    execute("/bin/sh", {
      words: ["sh", "-c", 'echo "$$ $0 $1 $GIVEN$HOME $(readlink /proc/$$/fd/* | grep -c zero)"', "ü", "two words"],
      env: { GIVEN: "x", HOME: undefined },
      files: [kept],
    });
  `;
  const child = Bun.spawn([process.execPath, "-e", inside], { stdout: "pipe" });
  expect(await new Response(child.stdout).text()).toBe(`${child.pid} ü two words x 1\n`);
});

test("a program that is not there is told, and this one goes on", () => {
  expect(() => execute("/nowhere/program", { words: ["program"], env: {} })).toThrow(
    "execute /nowhere/program: ",
  );
});

test("code that was let go of still runs", () => {
  const resident = (): number =>
    Number(/RssFile:\s+(\d+)/u.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  const before = resident();
  releaseCode();
  expect(resident()).toBeLessThan(before / 2);
  expect(JSON.stringify({ still: [1, 2, 3].map((each) => each * 2) })).toBe('{"still":[2,4,6]}');
});
