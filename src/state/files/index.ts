export { replaceDurably } from "./durable.ts";
export {
  isAbsent,
  moveIntoPlace,
  orFailure,
  readIfThere,
  readOrClear,
  rewrite,
  unlinkIfThere,
  writeAndClose,
  writeAside,
} from "./file.ts";
export { type LockWords, lockFile, lockFileOf, takeFlock } from "./flock.ts";
export {
  ForeignFile,
  openInPlace,
  openOwn,
  readNamed,
  readOwn,
  readShortOwn,
  removeForeign,
} from "./own-file.ts";
