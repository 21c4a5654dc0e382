/** Long-living code is worth compiling: undoes what the build asks for the sake of short calls. */
const USUAL_JIT_POLICY = 1;

export function compileAsUsual(): void {
  const unsafe = Bun.unsafe as unknown as { setJITPolicy?: (policy: number) => void };
  unsafe.setJITPolicy?.(USUAL_JIT_POLICY);
}
