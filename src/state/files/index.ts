export {
  isAbsent,
  orFailure,
  readIfThere,
  unlinkIfThere,
  writeAndClose,
  writeAside,
} from "./file.ts";
export { type LockableNetns, type LockWords, lockNetns, takeFlock } from "./flock.ts";
