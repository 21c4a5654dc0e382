import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { startable } from "../../../tests/support/programs.ts";
import { KernelError, MNT_DETACH, MS_BIND, mount, umount } from "../sys/index.ts";
import { createNetns, deleteNetns, Netns, NetnsGoneError, NotANetnsError } from "./index.ts";

failOnLeakedDescriptors();

let directory = "";
let path = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "netns-"));
  path = join(directory, "blue");
  createNetns(path);
});

afterEach(() => {
  deleteNetns(path);
  rmSync(directory, { recursive: true });
});

function here(): bigint {
  using current = Netns.current();
  return current.ino;
}

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("path shapes", () => {
  test("a path, a relative path, a symbolic link and descriptors all lead to the namespace", () => {
    using first = Netns.open(path);
    const link = join(directory, "link");
    symlinkSync(path, link);
    const shapes = [
      relative(process.cwd(), path),
      link,
      `/proc/self/fd/${first.fd.number}`,
      `/proc/${process.pid}/fd/${first.fd.number}`,
      `/proc/thread-self/fd/${first.fd.number}`,
    ];
    for (const shape of shapes) {
      using other = Netns.open(shape);
      expect([shape, other.same(first)]).toEqual([shape, true]);
    }
  });

  test("the namespace of a process and one's own are the current one", () => {
    using current = Netns.current();
    for (const shape of ["/proc/self/ns/net", `/proc/${process.pid}/ns/net`]) {
      using other = Netns.open(shape);
      expect(other.same(current)).toBe(true);
    }
  });

  test("what is not there is gone", () => {
    for (const shape of ["", "/run/netns/never-made", "/proc/self/fd/9999", "/proc/0/ns/net"]) {
      const error = thrown(() => Netns.open(shape));
      expect(error).toBeInstanceOf(NetnsGoneError);
      expect((error as Error).message).toBe(
        `failed to Statfs ${JSON.stringify(shape)}: no such file or directory`,
      );
    }
  });

  test("a plain file, a directory and a device are refused with their kind of file system", () => {
    const file = join(directory, "plain");
    writeFileSync(file, "");
    for (const shape of [file, directory, "/dev/null"]) {
      const error = thrown(() => Netns.open(shape));
      expect(error).toBeInstanceOf(NotANetnsError);
      expect((error as Error).message).toMatch(/^unknown FS magic on ".*": [0-9a-f]+$/);
    }
  });

  test("a pipe does not hang", () => {
    const pipe = join(directory, "pipe");
    execFileSync("mkfifo", [pipe]);
    expect(thrown(() => Netns.open(pipe))).toBeInstanceOf(NotANetnsError);
  });

  test("namespaces of another type and other files of /proc are refused", () => {
    const shapes = ["/proc/self/ns/mnt", "/proc/self/ns/user", "/proc/self/status", "/proc/self"];
    for (const shape of shapes) {
      expect([shape, thrown(() => Netns.open(shape))]).toEqual([shape, expect.any(NotANetnsError)]);
    }
  });

  test("a path with a NUL byte is refused", () => {
    expect(thrown(() => Netns.open(`${path}\0x`))).toBeInstanceOf(NotANetnsError);
  });

  test("a path through a file is an error of the kernel", () => {
    expect(thrown(() => Netns.open(`${path}/x`))).toMatchObject({ code: "ENOTDIR" });
  });
});

describe("run", () => {
  test("is inside meanwhile and back afterwards", () => {
    using blue = Netns.open(path);
    const home = here();
    expect(blue.run(here)).toBe(blue.ino);
    expect(here()).toBe(home);
  });

  test("is back when the action throws, and the error comes through", () => {
    using blue = Netns.open(path);
    const home = here();
    const error = new Error("inside");
    const found = thrown(() =>
      blue.run(() => {
        throw error;
      }),
    );
    expect(found).toBe(error);
    expect(here()).toBe(home);
  });

  test("nests", () => {
    using home = Netns.current();
    using blue = Netns.open(path);
    const seen = blue.run(() => [here(), home.run(here), here()]);
    expect(seen).toEqual([blue.ino, home.ino, blue.ino]);
    expect(here()).toBe(home.ino);
  });

  test("a promise is refused, because it would go on in the wrong namespace", () => {
    using blue = Netns.open(path);
    const home = here();
    const found = thrown(() => blue.run(async () => await Promise.resolve(1)));
    expect(found).toBeInstanceOf(TypeError);
    expect(here()).toBe(home);
  });

  test("a program without the capability hears which one it lacks", () => {
    startable(["setpriv"]);
    const script = `
      import { Netns } from ${JSON.stringify(join(import.meta.dir, "index.ts"))};
      try { Netns.current().run(() => 1); } catch (error) { console.log(String(error)); }`;
    const bare = ["--bounding-set=-all", "--inh-caps=-all", process.execPath, "-e", script];
    expect(execFileSync("setpriv", bare, { encoding: "utf8" })).toBe(
      "KernelError: visit a network namespace, for which CAP_SYS_ADMIN is needed: operation not permitted\n",
    );
  });

  test("a closed namespace cannot be entered", () => {
    const blue = Netns.open(path);
    blue.close();
    const home = here();
    expect(thrown(() => blue.run(() => 1))).toBeInstanceOf(Error);
    expect(here()).toBe(home);
  });

  test("the namespace lives on while it is open, though its path is gone", () => {
    using blue = Netns.open(path);
    deleteNetns(path);
    expect(blue.run(here)).toBe(blue.ino);
  });
});

describe("create and delete", () => {
  test("an existing path is left alone", () => {
    using before = Netns.open(path);
    expect(thrown(() => createNetns(path))).toMatchObject({ code: "EEXIST" });
    using after = Netns.open(path);
    expect(after.same(before)).toBe(true);
  });

  test("missing directories are made, and deleting twice is fine", () => {
    const deep = join(directory, "a/b/green");
    const home = here();
    createNetns(deep);
    expect(here()).toBe(home);
    deleteNetns(deep);
    deleteNetns(deep);
    expect(existsSync(deep)).toBe(false);
  });

  test("other programs can enter what was made", () => {
    const argv = startable(["nsenter", `--net=${path}`, "ip", "-j", "link"]);
    expect(JSON.parse(Bun.spawnSync(argv).stdout.toString())).toMatchObject([
      { ifname: "lo", operstate: "DOWN" },
    ]);
  });

  test("files that are no namespaces are not deleted, the empty rest of one is", () => {
    const file = join(directory, "plain");
    writeFileSync(file, "precious");
    expect(thrown(() => deleteNetns(file))).toBeInstanceOf(NotANetnsError);
    expect(existsSync(file)).toBe(true);
    writeFileSync(file, "");
    deleteNetns(file);
    expect(existsSync(file)).toBe(false);
  });

  test("a namespace of another type mounted on a file is not deleted", () => {
    const other = join(directory, "uts");
    writeFileSync(other, "");
    mount("/proc/self/ns/uts", other, "none", MS_BIND);
    try {
      expect(thrown(() => deleteNetns(other))).toBeInstanceOf(NotANetnsError);
      expect(existsSync(other)).toBe(true);
    } finally {
      umount(other, MNT_DETACH);
    }
  });

  test("nothing is left when the mount fails", () => {
    const error = thrown(() => createNetns("/proc/hawser"));
    expect(error).toBeInstanceOf(KernelError);
    expect(existsSync("/proc/hawser")).toBe(false);
  });
});
