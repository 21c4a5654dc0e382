import type { FFIFunction, Pointer } from "bun:ffi";
import { realpathSync } from "node:fs";
import { PlatformError } from "./platform.ts";

// The only native lines of the project: what calls C. bun:ffi on Bun, the package koffi on Node.js. Both
// are looked up by name in a running program: this file can be loaded, and bundled, where neither is.

/** Memory that C reads or fills; null is NULL. */
export type Memory = Uint8Array | Int32Array | BigInt64Array | null;

/** Types of C, by the names that bun:ffi has for them. */
type CType = "i32" | "u32" | "u64" | "ptr" | "void";

/** How a function of C is called. */
export interface Prototype {
  readonly args: readonly CType[];
  readonly returns: CType;
}

/** Something that calls C. Memory is passed as it is, without a copy, and stays where it is during a call. */
export interface Engine {
  /**
   * Functions of a shared library, as the prototypes say.
   * @throws Error where it is not there, or has not all of them
   */
  open<Functions>(
    path: string,
    prototypes: Readonly<Record<keyof Functions, Prototype>>,
  ): Functions;
  /** errno of this thread, as the call before has left it. */
  errno(): number;
  /** Where memory lies; valid while the memory is in use here. */
  addressOf(memory: Uint8Array): number;
}

/**
 * What this program can call C by.
 * @throws PlatformError where there is nothing
 */
export function findEngine(): Engine {
  const ffi = process.getBuiltinModule?.("bun:ffi") as Ffi | undefined;
  return ffi === undefined ? koffiEngine(loadKoffi()) : bunEngine(ffi);
}

type Ffi = typeof import("bun:ffi");

function bunEngine({ dlopen, ptr, read }: Ffi): Engine {
  // Where C keeps this thread's errno. Module instances are never shared between threads.
  // int *__errno_location(void);
  const place: Record<string, FFIFunction> = { __errno_location: { args: [], returns: "ptr" } };
  let errno: Pointer | null = null;
  return {
    open<Functions>(path: string, prototypes: Readonly<Record<keyof Functions, Prototype>>) {
      const symbols: unknown = dlopen(path, { ...prototypes, ...place }).symbols;
      errno = (symbols as { __errno_location(): Pointer }).__errno_location();
      return symbols as Functions;
    },
    errno: () => (errno === null ? 0 : read.i32(errno, 0)),
    addressOf: (memory) => ptr(memory),
  };
}

/** What is used of koffi. Its functions take typed arrays and numbers for a `void *`. */
interface Koffi {
  load(path: string): { func(name: string, returns: string, args: readonly string[]): unknown };
  errno(): number;
  address(memory: Uint8Array): bigint;
}

const KOFFI_TYPES: Readonly<Record<CType, string>> = {
  i32: "int32_t",
  u32: "uint32_t",
  u64: "uint64_t",
  ptr: "void *",
  void: "void",
};

function koffiEngine(koffi: Koffi): Engine {
  return {
    open<Functions>(path: string, prototypes: Readonly<Record<keyof Functions, Prototype>>) {
      const library = koffi.load(path);
      const functions = Object.entries<Prototype>(prototypes).map(([name, { args, returns }]) => {
        const types = args.map((type) => KOFFI_TYPES[type]);
        return [name, library.func(name, KOFFI_TYPES[returns], types)] as const;
      });
      return Object.fromEntries(functions) as Functions;
    },
    errno: () => koffi.errno(),
    addressOf: (memory) => Number(koffi.address(memory)),
  };
}

/** koffi, as the program that uses this package has installed it. */
function loadKoffi(): Koffi {
  const module = process.getBuiltinModule?.("node:module");
  if (module === undefined) throw new PlatformError();
  try {
    return module.createRequire(ownPath())("koffi") as Koffi;
  } catch (cause) {
    throw new PlatformError(undefined, { cause });
  }
}

/** Where packages are looked for from: this module, or in a CommonJS bundle, which has no URL, the program. */
function ownPath(): string {
  const url: unknown = import.meta.url;
  return typeof url === "string" ? url : realpathSync(process.argv[1] ?? "/");
}
