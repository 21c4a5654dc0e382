import { readFileSync } from "node:fs";
import { KernelError } from "../call/error.ts";
import { addressOf, cString, lastErrno, libc } from "../call/library.ts";

// asm/unistd.h: x86-64 has numbers of its own, arm64 those of asm-generic.
const [SYS_EXECVE, SYS_MADVISE] = process.arch === "x64" ? [59, 28] : [221, 233];
// asm-generic/mman-common.h
const MADV_DONTNEED = 4;

// fcntl.h
const F_SETFD = 2;

/** A line of /proc/self/maps about code, or about the constants that a file begins with. */
const UNCHANGED = /^([0-9a-f]+)-([0-9a-f]+) (?:r-xp \S+|r--p 0+) \S+ \d+\s+(.*)$/u;

/** What a program is started with. */
export interface Execution {
  /** All of its command line, with its own name. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Open files that it gets beside 0, 1 and 2: Bun has set all others to be closed. */
  readonly files?: readonly number[];
}

/** execve(2): this process goes on as another program, with the same number. Returns only by throwing. */
export function execute(path: string, { words, env, files = [] }: Execution): never {
  const variables = Object.entries(env).filter(([, value]) => value !== undefined);
  const argv = words.map(cString);
  const envp = variables.map(([name, value]) => cString(`${name}=${value}`));
  for (const number of files) libc().fcntl(number, F_SETFD, 0);
  const file = cString(path);
  libc().syscall(SYS_EXECVE, addressOf(file), addressOf(pointers(argv)), pointers(envp), 0);
  throw new KernelError(`execute ${path}`, lastErrno());
}

/** A list of texts as C wants it: addresses, and null at the end. */
function pointers(texts: readonly Uint8Array[]): Uint8Array {
  const addresses = [...texts.map(addressOf), 0].map(BigInt);
  return new Uint8Array(new BigUint64Array(addresses).buffer);
}

/**
 * Lets go of the pages of this program's code and constants. They are not lost: the kernel has them
 * in its cache of the file, and gives them back where they are needed.
 */
export function releaseCode(): void {
  for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
    const [, from = "", to = "", path] = UNCHANGED.exec(line) ?? [];
    if (path !== process.execPath) continue;
    const start = Number.parseInt(from, 16);
    libc().syscall(SYS_MADVISE, start, Number.parseInt(to, 16) - start, MADV_DONTNEED, 0);
  }
}
