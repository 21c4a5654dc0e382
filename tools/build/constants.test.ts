import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as constants from "../../src/kernel/sys/call/constant.ts";
import { Errno } from "../../src/kernel/sys/call/errno.ts";
import { EPOLL_DATA_AT } from "../../src/kernel/sys/event/epoll.ts";
import { run } from "../../tests/support/exec.ts";
import { skipBecause } from "../../tests/support/needs.ts";
import { ARCHITECTURES, compilerOf, targetOf } from "./architecture.ts";

/** What src/kernel/sys takes for granted of a machine is what its headers say, for each architecture. */

const HEADERS = [
  ...["errno.h", "fcntl.h", "poll.h", "sched.h", "stddef.h", "time.h"],
  ...["sys/epoll.h", "sys/eventfd.h", "sys/file.h", "sys/ioctl.h", "sys/mount.h", "sys/socket.h"],
  ...["sys/stat.h", "sys/syscall.h", "sys/un.h", "sys/vfs.h", "netinet/in.h", "netpacket/packet.h"],
  ...["linux/filter.h", "linux/if_ether.h", "linux/if_tun.h", "linux/io_uring.h", "linux/magic.h"],
  ...["linux/netlink.h", "linux/nsfs.h", "linux/sockios.h", "net/if.h"],
];

/** Numbers of system calls and requests, and layouts of structures, that stand where they are used. */
const FACTS: Readonly<Record<string, number>> = {
  SYS_io_uring_setup: 425,
  SYS_io_uring_register: 427,
  SYS_fsopen: 430,
  SYS_fsconfig: 431,
  SYS_fsmount: 432,
  TUNSETIFF: 0x400454ca,
  TUNSETPERSIST: 0x400454cb,
  TUNSETOWNER: 0x400454cc,
  TUNSETGROUP: 0x400454ce,
  EFD_CLOEXEC: constants.SOCK_CLOEXEC,
  EFD_NONBLOCK: constants.SOCK_NONBLOCK,
  EPOLL_CLOEXEC: constants.SOCK_CLOEXEC,
  CLOCK_BOOTTIME: 7,
  AT_FDCWD: -100,
  UTIME_OMIT: 2 ** 30 - 2,
  "sizeof(struct flock)": 32,
  "offsetof(struct flock, l_start)": 8,
  "offsetof(struct flock, l_len)": 16,
  "offsetof(struct flock, l_pid)": 24,
  "sizeof(struct msghdr)": 56,
  "offsetof(struct msghdr, msg_iov)": 16,
  "offsetof(struct msghdr, msg_control)": 32,
  "offsetof(struct msghdr, msg_controllen)": 40,
  "sizeof(struct cmsghdr)": 16,
  "offsetof(struct cmsghdr, cmsg_level)": 8,
  "sizeof(struct timeval)": 16,
  "sizeof(struct timespec)": 16,
  "sizeof(struct pollfd)": 8,
  "sizeof(struct ucred)": 12,
  "sizeof(struct sockaddr_ll)": 20,
  "sizeof(struct sockaddr_nl)": 12,
  "sizeof(struct ifreq)": 40,
  "sizeof(struct sock_fprog)": 16,
  "offsetof(struct sock_fprog, filter)": 8,
  "sizeof(struct sock_filter)": 8,
  "sizeof(struct io_uring_params)": 120,
  "offsetof(struct statfs, f_type)": 0,
};

/** Names that the kernel has for itself alone. */
const WITHIN_KERNEL: readonly string[] = ["ENOTSUPP"];

const PROCESS_ARCH = { "x86-64": "x64", arm64: "arm64" } as const;

function source(facts: Readonly<Record<string, number>>): string {
  const lines = Object.entries(facts).map(([name, value]) => {
    // Unsigned, since some are and some are not.
    return `_Static_assert((unsigned)(${name}) == ${value >>> 0}u, "${name}");`;
  });
  const includes = HEADERS.map((name) => `#include <${name}>`);
  return ["#define _GNU_SOURCE", ...includes, ...lines, ""].join("\n");
}

for (const arch of ARCHITECTURES) {
  const target = targetOf(arch);
  const compiler = compilerOf(target);
  const isThere = compiler !== undefined && Bun.which(compiler[0] ?? "") !== null;
  const test = skipBecause(isThere ? undefined : `a C compiler for ${arch}`);
  const numbers = Object.entries<unknown>({ ...constants, ...Errno }).flatMap(([name, value]) => {
    return typeof value === "number" ? [[name, value] as const] : [];
  });
  const facts = {
    ...FACTS,
    ...Object.fromEntries(numbers.filter(([name]) => !WITHIN_KERNEL.includes(name))),
    "offsetof(struct epoll_event, data)": EPOLL_DATA_AT[PROCESS_ARCH[arch]] ?? 0,
  };

  describe(arch, () => {
    let scratch: string;
    beforeAll(() => {
      scratch = mkdtempSync(join(tmpdir(), "hawser-constants-"));
    });
    afterAll(() => rmSync(scratch, { recursive: true }));

    async function judge(what: Readonly<Record<string, number>>): Promise<string> {
      const path = join(scratch, "facts.c");
      writeFileSync(path, source(what));
      const answer = await run([...(compiler ?? []), "-fsyntax-only", path]);
      return answer.stderr;
    }

    test("the headers say what we take for granted", async () => {
      expect(numbers.length).toBeGreaterThan(150);
      expect(await judge(facts)).toBe("");
    });

    test("a number that is another machine's is found", async () => {
      const said = await judge({ ...facts, O_DIRECTORY: 1, SYS_fsopen: 5 });
      expect(said).toContain("O_DIRECTORY");
      expect(said).toContain("SYS_fsopen");
    });
  });
}
