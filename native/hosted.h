/*
 * What start.h has, with an ordinary C library: sanitizers need one, and watch its memcpy() and
 * malloc(). With PLAYED_KERNEL the system calls, and memory, are those of native/fuzz/kernel.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef PLAYED_KERNEL
static long system_call(long n, long a, long b, long c, long d, long e, long f);
static void *piece(size_t length);
#else
static long system_call(long n, long a, long b, long c, long d, long e, long f) {
  long given = syscall(n, a, b, c, d, e, f);
  return given < 0 ? -errno : given;
}

/* Each piece by itself, so that a sanitizer sees where it ends. */
static void *piece(size_t length) {
  return calloc(1, length);
}

int main(int count, char **words, char **variables) {
  (void)count;
  start(words, variables);
}
#endif
