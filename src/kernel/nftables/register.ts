// The register file of a rule is 64 bytes: sixteen words of 4 bytes. The kernel accepts two names
// for them (`enum nft_registers`): 1…4 for blocks of 16 bytes, 8…23 for single words. nft and the
// kernel's own dumps use the short name wherever a word begins a block.

/** `NFT_REG_VERDICT`. */
export const REG_VERDICT = 0;

/** `NFT_REG_1`, the first data register: where a match that needs one value puts it. */
export const REG_1 = 1;

const NFT_REG32_00 = 8;
const WORDS_PER_BLOCK = 4;
const WORDS = 16;

/** The kernel's number for the register that begins at a word (0…15). */
export function registerAt(word: number): number {
  if (!Number.isInteger(word) || word < 0 || word >= WORDS) {
    throw new RangeError(`no register at word ${word}`);
  }
  return word % WORDS_PER_BLOCK === 0 ? REG_1 + word / WORDS_PER_BLOCK : NFT_REG32_00 + word;
}
