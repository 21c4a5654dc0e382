export { internetChecksum } from "./checksum.ts";
export { hexDump } from "./hex.ts";
export { i32At, u16At, u32At, wordsOf } from "./integer.ts";
export { Layout, layout } from "./layout.ts";
export { ByteReader } from "./reader.ts";
export { sameBytes } from "./same.ts";
export { decodeText, printableAscii } from "./text.ts";
export { ByteWriter } from "./writer.ts";
