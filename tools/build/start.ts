/**
 * Gives the executable an instruction or two before its own first one: Bun ends, without a word on
 * stdout, when the current directory has been deleted, before a line of ours runs. Runtimes start
 * plugins in directories of their own, and a plugin has to answer wherever it is started. So a
 * process whose directory is gone begins in "/".
 */
import { machineOf, targetOf } from "./architecture.ts";

const PT_LOAD = 1;
const PF_X = 1;
/** Places in the header of a file and in that of a segment, in bytes. */
const FILE = { entry: 24, headers: 32, headerSize: 54, headerCount: 56 };
const SEGMENT = { flags: 4, offset: 8, address: 16, physical: 24, inFile: 32, inMemory: 40 };
const ALIGNMENT = 16;

/** The instructions for a machine, and how it writes a jump. */
interface Start {
  readonly machine: number;
  readonly instructions: readonly number[];
  /** The last four bytes, which lead on to the program's first instruction, so far from where they stand. */
  readonly jump: (distance: number) => number;
}

const JUMP_SIZE = 4;

/**
 * getcwd(2) into 4096 bytes of the stack; when that says ENOENT, chdir(2) to "/". The register that the
 * dynamic linker hands on is left as it is.
 */
const STARTS: readonly Start[] = [
  {
    machine: targetOf("x86-64").machine,
    instructions: [
      ...[0x48, 0x81, 0xec, 0x00, 0x10, 0x00, 0x00], // sub rsp, 4096
      ...[0x48, 0x89, 0xe7], // mov rdi, rsp
      ...[0xbe, 0x00, 0x10, 0x00, 0x00], // mov esi, 4096
      ...[0xb8, 0x4f, 0x00, 0x00, 0x00], // mov eax, SYS_getcwd
      ...[0x0f, 0x05], // syscall
      ...[0x48, 0x83, 0xf8, 0xfe], // cmp rax, -ENOENT
      ...[0x75, 0x0d], // jne past the next five
      ...[0x6a, 0x2f], // push "/"
      ...[0x48, 0x89, 0xe7], // mov rdi, rsp
      ...[0xb8, 0x50, 0x00, 0x00, 0x00], // mov eax, SYS_chdir
      ...[0x0f, 0x05], // syscall
      0x58, // pop rax
      ...[0x48, 0x81, 0xc4, 0x00, 0x10, 0x00, 0x00], // add rsp, 4096
      0xe9, // jmp, by a distance from the next instruction
    ],
    jump: (distance) => distance - JUMP_SIZE,
  },
  {
    machine: targetOf("arm64").machine,
    instructions: [
      0xd14007ff, // sub sp, sp, #4096
      0xaa0003f3, // mov x19, x0
      0x910003e0, // mov x0, sp
      0xd2820001, // mov x1, #4096
      0xd2800228, // mov x8, #SYS_getcwd
      0xd4000001, // svc #0
      0xb100081f, // cmn x0, #ENOENT
      0x540000c1, // b.ne past the next five
      0x528005e1, // mov w1, "/"
      0xf90003e1, // str x1, [sp]
      0x910003e0, // mov x0, sp
      0xd2800628, // mov x8, #SYS_chdir
      0xd4000001, // svc #0
      0xaa1303e0, // mov x0, x19
      0x914007ff, // add sp, sp, #4096
    ].flatMap(bytesOf),
    // b, by a distance in instructions
    jump: (distance) => 0x14000000 | ((distance / 4) & 0x3ffffff),
  },
];
/** How far `b` of arm64 leads; that of x86-64 leads further. */
const JUMP_MAX = 2 ** 27 - 4;

interface Segment {
  /** Where its header stands in the file. */
  readonly at: number;
  readonly offset: number;
  readonly address: number;
  readonly end: number;
  readonly isCode: boolean;
}

/**
 * Puts the instructions into the gap before the code's segment, which grows by them to the front.
 * Programs for other machines are left as they are.
 * @throws RangeError when there is no gap, or it is not empty
 */
export function startAnywhere(program: Uint8Array): void {
  const machine = machineOf(program);
  const start = STARTS.find((each) => each.machine === machine);
  if (start === undefined) return;
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const segments = segmentsOf(view);
  const code = segments.find(({ isCode }) => isCode);
  if (code === undefined) throw new RangeError("the executable has no segment of code");
  const size = start.instructions.length + JUMP_SIZE;
  const offset = Math.floor((code.offset - size) / ALIGNMENT) * ALIGNMENT;
  const before = segments.filter((segment) => segment.offset < code.offset);
  const isFree = before.every(({ end }) => end <= offset);
  if (!isFree || program.subarray(offset, code.offset).some((byte) => byte !== 0)) {
    throw new RangeError("the executable has no gap before its code");
  }
  const grown = code.offset - offset;
  const entry = number(view, FILE.entry);
  const address = code.address - grown;
  const distance = entry - (address + start.instructions.length);
  if (distance > JUMP_MAX) throw new RangeError("the executable begins too far behind its code");
  program.set(start.instructions, offset);
  view.setInt32(offset + start.instructions.length, start.jump(distance), true);
  for (const field of [SEGMENT.offset, SEGMENT.address, SEGMENT.physical]) {
    add(view, code.at + field, -grown);
  }
  for (const field of [SEGMENT.inFile, SEGMENT.inMemory]) add(view, code.at + field, grown);
  view.setBigUint64(FILE.entry, BigInt(address), true);
}

/** An instruction as it stands in memory. */
function bytesOf(instruction: number): number[] {
  return [0, 8, 16, 24].map((shift) => (instruction >>> shift) & 0xff);
}

function segmentsOf(view: DataView): Segment[] {
  const size = view.getUint16(FILE.headerSize, true);
  const segments: Segment[] = [];
  for (let index = 0; index < view.getUint16(FILE.headerCount, true); index++) {
    const at = number(view, FILE.headers) + index * size;
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const offset = number(view, at + SEGMENT.offset);
    segments.push({
      at,
      offset,
      address: number(view, at + SEGMENT.address),
      end: offset + number(view, at + SEGMENT.inFile),
      isCode: (view.getUint32(at + SEGMENT.flags, true) & PF_X) !== 0,
    });
  }
  return segments;
}

function number(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function add(view: DataView, at: number, count: number): void {
  view.setBigUint64(at, view.getBigUint64(at, true) + BigInt(count), true);
}
