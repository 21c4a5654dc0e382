/*
 * What entry.c needs instead of a C library: system calls, the first instruction, and the functions
 * that a compiler may call by itself. A C library looks at the processor before main(), and each of
 * these looks is a trap where the machine is a virtual one: all of them take longer than the rest.
 */
#include <stddef.h>
#include <sys/syscall.h>

/* sys(read, fd, buffer, length): what the kernel gives, errors as negative numbers. */
#define sys(name, ...) SIX(SYS_##name, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define SIX(n, a, b, c, d, e, f, ...) \
  system_call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static void start(char **words, char **variables);

#ifdef HOSTED
#include "hosted.h"
#else
#if defined(__x86_64__)
static inline long system_call(long n, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return n;
}
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call begin");
#elif defined(__aarch64__)
static inline long system_call(long n, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}
__asm__(".globl _start\n_start: mov x29, 0\n mov x30, 0\n mov x0, sp\n bl begin");
#else
#error "Hawser runs on x86-64 and on arm64"
#endif

/* What the kernel has put on the stack: how many words, the words, NULL, the environment. */
void begin(char **stack) {
  start(stack + 1, stack + 2 + *(long *)stack);
}

/* The empty instruction keeps a compiler from calling memcpy for what is memcpy. */
void *memcpy(void *to, const void *from, size_t length) {
  for (size_t i = 0; i < length; i++) {
    ((char *)to)[i] = ((const char *)from)[i];
    __asm__ volatile("");
  }
  return to;
}

void *memset(void *to, int byte, size_t length) {
  for (size_t i = 0; i < length; i++) {
    ((char *)to)[i] = byte;
    __asm__ volatile("");
  }
  return to;
}
#endif

static size_t length_of(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

/* What follows the text when a string begins with it; NULL when it does not. */
static char *after(char *string, const char *text) {
  while (*text && *string == *text) string++, text++;
  return *text ? NULL : string;
}

static int same(const char *one, const char *other) {
  while (*one && *one == *other) one++, other++;
  return *one == *other;
}
