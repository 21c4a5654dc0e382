export { internetChecksum } from "./checksum.ts";
export { hexDump } from "./hex.ts";
export { ByteReader } from "./reader.ts";
export { decodeText } from "./text.ts";
export { ByteWriter } from "./writer.ts";
