import { closeSync, openSync, readSync } from "node:fs";

/** What a build has to know of the machine that it is for. */

export const ARCHITECTURES = ["x86-64", "arm64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export interface Target {
  readonly arch: Architecture;
  /** e_machine of elf.h: EM_X86_64 and EM_AARCH64. */
  readonly machine: number;
  /** As `bun build --target` names it. */
  readonly bunTarget: string;
  /** The npm package that has Bun for it. */
  readonly bunPackage: string;
  /** The variable that names a C compiler for it, with words that the compiler is to have. */
  readonly compilerVariable: string;
  /** The names under which systems have a C compiler for it that runs elsewhere. */
  readonly crossCompilers: readonly string[];
  /** No marks for guards that the entry program has no use for. */
  readonly compilerFlags: readonly string[];
}

const TARGETS: Readonly<Record<Architecture, Target>> = {
  "x86-64": {
    arch: "x86-64",
    machine: 62,
    bunTarget: "bun-linux-x64",
    bunPackage: "@oven/bun-linux-x64",
    compilerVariable: "CC_FOR_X86_64",
    crossCompilers: ["x86_64-linux-gnu-gcc", "x86_64-unknown-linux-gnu-gcc"],
    compilerFlags: ["-fcf-protection=none"],
  },
  arm64: {
    arch: "arm64",
    machine: 183,
    bunTarget: "bun-linux-arm64",
    bunPackage: "@oven/bun-linux-aarch64",
    compilerVariable: "CC_FOR_ARM64",
    crossCompilers: ["aarch64-linux-gnu-gcc", "aarch64-unknown-linux-gnu-gcc"],
    compilerFlags: ["-mbranch-protection=none"],
  },
};

/** The architecture that this process runs on. */
export const HERE: Architecture = process.arch === "arm64" ? "arm64" : "x86-64";

export function targetOf(arch: Architecture): Target {
  return TARGETS[arch];
}

/** The C compiler of this machine, for itself. */
export const COMPILER = "cc";

/**
 * The C compiler for a machine, with its words: the one that the variable names, else the first that is
 * there. Undefined when none is.
 */
export function compilerOf(
  target: Target,
  env: Readonly<Record<string, string | undefined>> = process.env,
): readonly string[] | undefined {
  const named = (env[target.compilerVariable] ?? "").split(/\s+/u).filter((word) => word !== "");
  if (named.length > 0) return named;
  const names = target.arch === HERE ? [COMPILER] : target.crossCompilers;
  const found = names.find((name) => Bun.which(name) !== null);
  return found === undefined ? undefined : [found];
}

const MAGIC = 0x464c457f;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
/** Places in the header of an ELF file, and how much of it is looked at, in bytes. */
const HEADER = { class: 4, order: 5, machine: 18, size: 20 };

/**
 * e_machine of a program.
 * @throws RangeError when it is no 64-bit ELF file of a little-endian machine
 */
export function machineOf(program: Uint8Array): number {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const isElf =
    program.length >= HEADER.size &&
    view.getUint32(0, true) === MAGIC &&
    program[HEADER.class] === CLASS_64 &&
    program[HEADER.order] === LITTLE_ENDIAN;
  if (!isElf) throw new RangeError("the executable is no 64-bit ELF file");
  return view.getUint16(HEADER.machine, true);
}

/** The same of a file, of which it reads no more than it needs. */
export function machineOfFile(path: string): number {
  const header = new Uint8Array(HEADER.size);
  const fd = openSync(path, "r");
  try {
    return machineOf(header.subarray(0, readSync(fd, header, 0, header.length, 0)));
  } finally {
    closeSync(fd);
  }
}
