/** Moves the code of an executable to where the kernel can map it in huge pages. */

/** What one entry of a page directory maps, on x86-64 and on arm64 with pages of 4 KiB. */
const HUGE_PAGE = 2 * 1024 * 1024;

// elf.h: Elf64_Ehdr, Elf64_Phdr and Elf64_Shdr, little endian.
const ELF64_LITTLE = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1);
const HEADER = { programs: 0x20, sections: 0x28, programCount: 0x38, sectionCount: 0x3c } as const;
const PROGRAM = { size: 56, type: 0, flags: 4, offset: 8, address: 16 } as const;
const SECTION = { size: 64, offset: 24 } as const;
const PT_LOAD = 1;
const PF_X = 1;

/**
 * An executable with its code, and all behind it, moved back in the file by less than 2 MiB, so that
 * code lies as far from a multiple of 2 MiB in the file as in memory. Nothing changes in memory.
 * The kernel then maps code that it has cached in large blocks by one entry for 2 MiB, instead of
 * page by page. What is not an executable of ELF is given as it is.
 */
export function alignCode(program: Uint8Array): Uint8Array {
  if (!ELF64_LITTLE.every((byte, at) => program[at] === byte)) return program;
  const view = new DataView(program.buffer, program.byteOffset, program.length);
  const start = Number(view.getBigUint64(HEADER.programs, true));
  const count = view.getUint16(HEADER.programCount, true);
  const headers = Array.from({ length: count }, (_, index) => start + index * PROGRAM.size);
  const isCode = (at: number): boolean =>
    view.getUint32(at + PROGRAM.type, true) === PT_LOAD &&
    (view.getUint32(at + PROGRAM.flags, true) & PF_X) !== 0;
  const code = headers.find(isCode);
  if (code === undefined) return program;
  const offset = Number(view.getBigUint64(code + PROGRAM.offset, true));
  const address = Number(view.getBigUint64(code + PROGRAM.address, true) % BigInt(HUGE_PAGE));
  const shift = (address - (offset % HUGE_PAGE) + HUGE_PAGE) % HUGE_PAGE;
  const moved = new Uint8Array(program.length + shift);
  moved.set(program.subarray(0, offset));
  moved.set(program.subarray(offset), offset + shift);
  moveOffsets(new DataView(moved.buffer), headers, offset, shift);
  return moved;
}

/** Corrects what tells places in the file at or behind `offset`; headers of programs lie before it. */
function moveOffsets(
  view: DataView,
  programs: readonly number[],
  offset: number,
  shift: number,
): void {
  const move = (at: number): void => {
    const old = view.getBigUint64(at, true);
    if (old >= BigInt(offset)) view.setBigUint64(at, old + BigInt(shift), true);
  };
  move(HEADER.sections);
  for (const at of programs) move(at + PROGRAM.offset);
  const sections = Number(view.getBigUint64(HEADER.sections, true));
  for (let index = 0; index < view.getUint16(HEADER.sectionCount, true); index++) {
    move(sections + index * SECTION.size + SECTION.offset);
  }
}
