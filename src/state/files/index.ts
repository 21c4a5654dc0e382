export {
  isAbsent,
  orFailure,
  readIfThere,
  unlinkIfThere,
  writeAndClose,
  writeAside,
} from "./file.ts";
export { type LockWords, lockFile, takeFlock } from "./flock.ts";
