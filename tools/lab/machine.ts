import type { Architecture } from "../build/architecture.ts";

/** The emulated machine of each architecture. */
export interface LabMachine {
  readonly arch: Architecture;
  /** Debian's name of it. */
  readonly debian: string;
  /** The directory of its libraries below /usr/lib. */
  readonly libraries: string;
  readonly qemu: string;
  readonly argv: readonly string[];
  /** The words of its kernel's command line. */
  readonly command: readonly string[];
  /** The serial port that the outside reads; the kernel writes to the other one. */
  readonly reports: string;
  /** How long all of it may take. */
  readonly seconds: number;
  /** How many times longer than usual each test may take. */
  readonly patience: number;
}

/**
 * What makes emulation quick. The emulator keeps what it has translated by address: where programs
 * and libraries always lie at the same one (norandmaps), starting one takes a tenth of the time.
 * Grace periods are short, since the tests delete thousands of links; and what guards against attackers
 * is off.
 */
const QUICK = [
  ...["quiet", "panic=-1", "nowatchdog", "random.trust_cpu=on"],
  ...["norandmaps", "rcupdate.rcu_expedited=1", "init_on_alloc=0"],
  ...["mitigations=off", "hardened_usercopy=off", "apparmor=0", "audit=0"],
  ...["cgroup_disable=memory", "transparent_hugepage=never"],
];

const MACHINES: Readonly<Record<Architecture, LabMachine>> = {
  "x86-64": {
    arch: "x86-64",
    debian: "amd64",
    libraries: "x86_64-linux-gnu",
    qemu: "qemu-system-x86_64",
    // Instructions that repeat themselves (erms, fsrm, rep_good) are emulated step by step.
    argv: ["-cpu", "max,la57=off,erms=off,fsrm=off"],
    command: ["console=ttyS0", "tsc=reliable", "clearcpuid=rep_good", ...QUICK],
    reports: "/dev/ttyS1",
    seconds: 1500,
    patience: 5,
  },
  arm64: {
    arch: "arm64",
    debian: "arm64",
    libraries: "aarch64-linux-gnu",
    qemu: "qemu-system-aarch64",
    // A processor of servers without pointer authentication, which takes long to emulate.
    argv: ["-machine", "virt,gic-version=3", "-cpu", "neoverse-n1"],
    command: ["console=ttyAMA0", ...QUICK],
    reports: "/dev/ttyS0",
    // Programs are started here as programs, each of which takes seconds.
    seconds: 7200,
    patience: 15,
  },
};

export function labMachine(arch: Architecture): LabMachine {
  return MACHINES[arch];
}
