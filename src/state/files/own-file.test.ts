import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import {
  openOwn,
  readIfThere,
  readNamed,
  readOrClear,
  readOwn,
  rewrite,
  unlinkIfThere,
  writeAside,
} from "./index.ts";

failOnLeakedDescriptors();

const SECRET = "precious";
let dir = "";
let path = "";
let victim = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "own-file-"));
  path = join(dir, "file");
  victim = join(dir, "victim");
  writeFileSync(victim, SECRET, { mode: 0o600 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function plantFifo(): void {
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
}

function plantDirectory(): void {
  mkdirSync(join(path, "full"), { recursive: true });
}

function plantGiant(): void {
  writeFileSync(path, "");
  truncateSync(path, 3 * 1024 ** 3);
}

const FOREIGN: readonly (readonly [name: string, plant: () => void])[] = [
  ["a link to another file", () => symlinkSync(victim, path)],
  ["a link to nothing", () => symlinkSync(join(dir, "nothing"), path)],
  ["a link to itself", () => symlinkSync(path, path)],
  ["a link to an endless device", () => symlinkSync("/dev/zero", path)],
  ["a pipe that nobody writes", plantFifo],
  ["a directory", plantDirectory],
];
const TOO_MUCH = ["three gigabytes", plantGiant] as const;

/** Nothing was followed, written or made elsewhere. */
function expectIntact(): void {
  expect(readFileSync(victim, "utf8")).toBe(SECRET);
  expect(lstatSync(victim).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).not.toContain("nothing");
}

describe.each([...FOREIGN, TOO_MUCH])(
  "case S16: in the place of a file lies %s",
  (_name, plant) => {
    beforeEach(() => plant());
    afterEach(expectIntact);

    test("it is not read", () => {
      expect(() => readOwn(path)).toThrow(/is no regular file|is larger than/);
    });

    test("a reader that may clear finds nothing, and then there is nothing", () => {
      expect(readOrClear(path)).toBeUndefined();
      expect(readIfThere(path)).toBeUndefined();
    });

    test("it is replaced by a file that is written aside", () => {
      writeAside(path, "text");
      expect(readOwn(path)).toBe("text");
    });

    test("it can be taken away, and a directory keeps what is in it", () => {
      unlinkIfThere(path);
      const kept = readdirSync(dir).find((name) => name.startsWith("file.foreign-"));
      if (kept !== undefined) expect(readdirSync(join(dir, kept))).toEqual(["full"]);
      rewrite(path, "text");
      expect(readOwn(path)).toBe("text");
    });
  },
);

test.each(FOREIGN)("case S16, kind: writing in place replaces %s", (_name, plant) => {
  plant();
  rewrite(path, "text");
  expect(readOwn(path)).toBe("text");
  expect(lstatSync(path).isFile()).toBeTrue();
  expectIntact();
});

test("case S16, kind: writing in place does not write into a file of another name", () => {
  linkSync(victim, path);
  rewrite(path, "text");
  expect(readOwn(path)).toBe("text");
  expectIntact();
});

test("writing in place leaves nothing of a longer text", () => {
  rewrite(path, "a long text");
  rewrite(path, "short");
  expect(readOwn(path)).toBe("short");
});

test("a file that the configuration names may be a link, but no pipe and no device", () => {
  symlinkSync(victim, path);
  expect(readNamed(path)).toBe(SECRET);
  rmSync(path);
  plantFifo();
  expect(() => readNamed(path)).toThrow("is no regular file");
  expect(() => readNamed("/dev/zero")).toThrow("is no regular file");
});

test("what cannot be opened for another reason says so", () => {
  expect(() => openOwn(join(dir, "absent"), constants.O_RDONLY)).toThrow("ENOENT");
  expect(() => openOwn(join(victim, "below"), constants.O_RDONLY)).toThrow("ENOTDIR");
});
