export { isAbsent, readIfThere, unlinkIfThere, writeAndClose, writeAside } from "./file.ts";
export { type LockWords, takeFlock } from "./flock.ts";
