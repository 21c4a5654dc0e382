import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENTRY_TRAILER } from "../../src/plugins/registry/index.ts";
import { skipBecause } from "../../tests/support/needs.ts";
import {
  ARCHITECTURES,
  compilerOf,
  HERE,
  machineOf,
  machineOfFile,
  targetOf,
} from "./architecture.ts";
import { buildFor } from "./build.ts";
import { cachedBun, requireIntegrity } from "./bun.ts";

const BUILD_MS = 60_000;

describe("the machine of a program", () => {
  test("is read from its header", () => {
    expect(machineOfFile(process.execPath)).toBe(targetOf(HERE).machine);
  });

  test("is not known of what is no program, or ends too early", () => {
    expect(() => machineOfFile(import.meta.path)).toThrow("no 64-bit ELF");
    const short = readFileSync(process.execPath).subarray(0, 18);
    expect(() => machineOf(short)).toThrow("no 64-bit ELF");
    const big = new Uint8Array(readFileSync(process.execPath).subarray(0, 64));
    big[5] = 2;
    expect(() => machineOf(big)).toThrow("no 64-bit ELF");
  });
});

describe("the C compiler for a machine", () => {
  const arm64 = targetOf("arm64");

  test("is the one that a variable names, with its words", () => {
    const env = { CC_FOR_ARM64: " clang  --target=aarch64-linux-gnu " };
    expect(compilerOf(arm64, env)).toEqual(["clang", "--target=aarch64-linux-gnu"]);
  });

  test("is none where no name that is known is a program", () => {
    expect(compilerOf({ ...arm64, crossCompilers: ["no-such-gcc"], arch: "arm64" }, {})).toBe(
      HERE === "arm64" ? compilerOf(arm64, {}) : undefined,
    );
  });
});

test("a package that is not the pinned one is refused", () => {
  const bytes = new TextEncoder().encode("package");
  const digest = new Bun.CryptoHasher("sha512").update(bytes).digest("base64");
  requireIntegrity("bun", bytes, `sha512-${digest}`);
  expect(() => requireIntegrity("bun", bytes.subarray(1), `sha512-${digest}`)).toThrow("not the");
  expect(() => requireIntegrity("bun", bytes, "sha1-abc")).toThrow("no SHA-512");
});

for (const arch of ARCHITECTURES.filter((each) => each !== HERE)) {
  const target = targetOf(arch);
  // A test downloads nothing: `npm run build -- --arch` leaves Bun in the cache.
  const hasBun = existsSync(cachedBun(target));
  const hasBoth = hasBun && compilerOf(target) !== undefined;
  const when = skipBecause(hasBoth ? undefined : `Bun and a C compiler for ${arch}`);

  when(
    `all that is built for ${arch} is for it`,
    async () => {
      const out = mkdtempSync(join(tmpdir(), "hawser-build-"));
      try {
        expect(await buildFor({ arch, out })).toBe(true);
        expect(machineOfFile(join(out, "hawser"))).toBe(target.machine);
        expect(machineOfFile(join(out, "cni/bridge"))).toBe(target.machine);
        expect(lstatSync(join(out, "entry/bridge")).isFile()).toBe(true);
        expect(machineOfFile(join(out, "entry/bridge"))).toBe(target.machine);
        const entry = readFileSync(join(out, "entry/bridge"));
        expect(entry.toString("latin1")).toEndWith(ENTRY_TRAILER);
        // `hawser install` writes it from the executable.
        const program = readFileSync(join(out, "hawser"));
        expect(program.includes(entry.toString("base64"))).toBe(true);
        expect(await buildFor({ arch, out })).toBe(false);
      } finally {
        rmSync(out, { recursive: true });
      }
    },
    BUILD_MS,
  );
}
