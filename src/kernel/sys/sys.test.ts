import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Errno,
  errnoName,
  errnoText,
  Fd,
  flock,
  fstat,
  ignoring,
  isKernelError,
  KernelError,
  LOCK_EX,
  LOCK_NB,
  lockingProcess,
  lockProcess,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  open,
  PROC_SUPER_MAGIC,
  read,
  setModified,
  setns,
  statfsMagic,
  umount,
  unlockProcess,
  write,
} from "./index.ts";

function failure(action: () => unknown): KernelError {
  try {
    action();
  } catch (error) {
    if (error instanceof KernelError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("errno", () => {
  test("is right ten thousand times, with other work and collections between", () => {
    using plain = open("/proc/self/status", O_RDONLY);
    const cases: readonly (readonly [number, () => unknown])[] = [
      [Errno.ENOENT, () => open("/does/not/exist", O_RDONLY)],
      [Errno.ENOTDIR, () => open("/proc/self/status/x", O_RDONLY)],
      [Errno.EINVAL, () => setns(plain, 0)],
      [Errno.EISDIR, () => open("/proc", O_RDWR)],
    ];
    const wrong: string[] = [];
    for (let round = 0; round < 10_000; round++) {
      const [errno, action] = cases[round % cases.length] as (typeof cases)[number];
      const found = failure(action).errno;
      if (found !== errno) wrong.push(`${errnoName(found)} for ${errnoName(errno)}`);
      if (round % 1000 === 0) Bun.gc(true);
    }
    expect(wrong).toEqual([]);
  });

  test("has names and texts, also for numbers nobody knows", () => {
    expect(errnoName(17)).toBe("EEXIST");
    expect(errnoText(17)).toBe("file exists");
    expect(errnoName(95)).toBe("EOPNOTSUPP");
    expect(errnoName(4242)).toBe("E4242");
    expect(errnoText(4242)).toBe("error 4242");
  });
});

describe("KernelError", () => {
  test("tells operation, text and what the kernel says", () => {
    const error = new KernelError("add link br1", 95, {
      extack: "Unknown device type",
      offset: 44,
    });
    expect(error.message).toBe("add link br1: operation not supported: Unknown device type");
    expect(error.code).toBe("EOPNOTSUPP");
    expect(error.offset).toBe(44);
  });

  test("keeps what it knows when it is told under another name", () => {
    const first = new KernelError("setns", 1, { extack: "no" });
    const second = first.during("enter namespace");
    expect(second.message).toBe("enter namespace: operation not permitted: no");
    expect(second.cause).toBe(first);
    expect(isKernelError(second, Errno.EPERM)).toBe(true);
    expect(isKernelError(second, Errno.ENOENT)).toBe(false);
    expect(isKernelError(new Error("x"))).toBe(false);
  });

  test("is ignored where it was expected, and nothing else is", () => {
    const missing = (): unknown => open("/nowhere", O_RDONLY);
    expect(ignoring([Errno.ENOENT], () => undefined)).toBe(true);
    expect(ignoring([Errno.EEXIST, Errno.ENOENT], missing)).toBe(false);
    expect(() => ignoring([Errno.EEXIST], missing)).toThrow(KernelError);
    expect(() => ignoring([], missing)).toThrow(KernelError);
  });
});

describe("Fd", () => {
  test("cannot be used after its end, and ends once", () => {
    const fd = open("/proc/self/status", O_RDONLY);
    const { number } = fd;
    fd.close();
    fd.close();
    expect(() => fd.number).toThrow("file descriptor is closed");
    // The number belongs to the next one now: a second close must not have hit it.
    using next = open("/proc/self/status", O_RDONLY);
    fd.close();
    expect(next.number).toBe(number);
    expect(read(next, new Uint8Array(4))).toBe(4);
  });

  test("is not passed on to programs", () => {
    using fd = open("/proc/self/status", O_RDONLY);
    const flags = /^flags:\s*([0-7]+)/m.exec(
      readFileSync(`/proc/self/fdinfo/${fd.number}`, "utf8"),
    );
    expect(Number.parseInt(flags?.[1] ?? "", 8) & 0o2000000).toBe(0o2000000);
  });

  test("no descriptor is left after failures and successes", () => {
    const before = readdirSync("/proc/self/fd").length;
    for (let round = 0; round < 50; round++) {
      using fd = open("/proc/self/status", O_RDONLY);
      failure(() => setns(fd, 0));
    }
    expect(readdirSync("/proc/self/fd").length).toBe(before);
  });

  test("a number that is none is refused", () => {
    expect(() => new Fd(-1)).toThrow(RangeError);
  });
});

describe("files", () => {
  test("a path with a NUL byte is refused, not cut", () => {
    expect(() => open("/proc/self\0/status", O_RDONLY)).toThrow("NUL");
    expect(() => statfsMagic("/proc\0")).toThrow("NUL");
  });

  test("statfs tells the kind of file system of a path and of an open file", () => {
    using fd = open("/proc/self/status", O_RDONLY);
    expect(statfsMagic("/proc")).toBe(PROC_SUPER_MAGIC);
    expect(statfsMagic(fd)).toBe(PROC_SUPER_MAGIC);
    expect(failure(() => statfsMagic("/nowhere")).message).toBe(
      "statfs /nowhere: no such file or directory",
    );
  });

  test("a time of change is kept to the nanosecond, and the time of reading stays", () => {
    const directory = mkdtempSync(join(tmpdir(), "sys-"));
    try {
      const before = statSync(directory, { bigint: true }).atimeNs;
      setModified(directory, 1_700_000_000_123_456_789n);
      const { atimeNs, mtimeNs } = statSync(directory, { bigint: true });
      expect(mtimeNs).toBe(1_700_000_000_123_456_789n);
      expect(atimeNs).toBe(before);
      const path = join(directory, "none");
      expect(failure(() => setModified(path, 1n)).message).toBe(
        `utimensat ${path}: no such file or directory`,
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("a lock held through one open file is refused to another, and free after its end", () => {
    const directory = mkdtempSync(join(tmpdir(), "sys-"));
    try {
      const path = join(directory, "lock");
      using second = open(path, O_RDWR | O_CREAT, 0o600);
      {
        using first = open(path, O_RDWR);
        expect(flock(first, LOCK_EX | LOCK_NB)).toBe(true);
        expect(flock(second, LOCK_EX | LOCK_NB)).toBe(false);
        expect(fstat(first).ino).toBe(fstat(second).ino);
      }
      expect(flock(second, LOCK_EX | LOCK_NB)).toBe(true);
      expect(write(second, new TextEncoder().encode("x"))).toBe(1);
      expect(fstat(second).size).toBe(1n);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("the kernel says which process has a lock on a part of a file, until it ends", async () => {
    const directory = mkdtempSync(join(tmpdir(), "sys-"));
    try {
      const path = join(directory, "lock");
      using file = open(path, O_RDWR | O_CREAT, 0o600);
      const holding = `
        import { lockProcess, open, O_RDWR } from "${import.meta.dir}/index.ts";
        console.log(lockProcess(open("${path}", O_RDWR), { start: 1, length: 1 }));
        setInterval(() => {}, 1000);
      `;
      const other = Bun.spawn([process.execPath, "-e", holding], { stdout: "pipe" });
      await other.stdout.getReader().read();
      const [first, second] = [0, 1].map((start) => ({ start, length: 1 }));
      expect(lockingProcess(file, first)).toBeUndefined();
      expect(lockingProcess(file, second)).toBe(other.pid);
      expect(lockingProcess(file)).toBe(other.pid);
      expect([lockProcess(file, first), lockProcess(file, second)]).toEqual([true, false]);
      other.kill("SIGKILL");
      await other.exited;
      expect(lockingProcess(file)).toBeUndefined();
      expect(lockProcess(file, second)).toBe(true);
      unlockProcess(file, second);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("the operation that failed is named with its path", () => {
    const error = failure(() => umount("/proc/self/status"));
    expect(error.operation).toBe("umount /proc/self/status");
    expect(["EINVAL", "EPERM"]).toContain(error.code);
  });
});
