/*
 * `fuzz SEED RUNS MILLISECONDS`: calls of the entry program that are made up from good ones, as
 * many as that at most. A changed call that reaches something new in entry.c is one to go on from.
 * The same seed makes the same calls. Prints what was reached, as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "case.h"

enum { KEPT_MAX = 1024, CHANGES_MAX = 6, PART_MAX = 1 << 18, PLACES = 1 << 16, ROOM = 64 };

static struct call kept[KEPT_MAX];
static size_t kept_count;
static unsigned long run;
static uint64_t state;

static uint64_t number(uint64_t below) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state % below;
}

void report(const char *what) {
  fprintf(stderr, "run %lu: %s\n", run, what);
  abort();
}

/* Called by the compiler's own code at each branch of kernel.c and entry.c. */
static uint8_t places[PLACES];
static unsigned place_count, fresh;
void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void) {
  static uintptr_t before;
  uintptr_t here = (uintptr_t)__builtin_return_address(0);
  uint8_t *place = &places[(here ^ before) % PLACES];
  before = here >> 1;
  if (*place) return;
  *place = 1, place_count++, fresh++;
}

static struct part copy_of(const void *bytes, size_t length) {
  struct part part = {malloc(length + 1), length};
  if (length > 0) memcpy(part.bytes, bytes, length);
  return part;
}

static void release(struct call *call) {
  for (int part = 0; part < PARTS; part++) free(call->parts[part].bytes);
}

static void keep(const struct call *call) {
  if (kept_count == KEPT_MAX) return;
  for (int part = 0; part < PARTS; part++)
    kept[kept_count].parts[part] = copy_of(call->parts[part].bytes, call->parts[part].length);
  kept_count++;
}

/* Replaces some bytes at a place of a part by others. */
static void splice(struct part *part, size_t at, size_t gone, const void *bytes, size_t length) {
  if (gone > part->length - at) gone = part->length - at;
  if (part->length - gone + length > PART_MAX) return;
  uint8_t *whole = malloc(part->length - gone + length + 1);
  memcpy(whole, part->bytes, at);
  if (length > 0) memcpy(whole + at, bytes, length);
  memcpy(whole + at + length, part->bytes + at + gone, part->length - at - gone);
  free(part->bytes);
  *part = (struct part){whole, part->length - gone + length};
}

#define WORD(text) {text, sizeof text - 1}
static const struct { const char *bytes; size_t length; } DICTIONARY[] = {
  WORD("\0"), WORD("\1"), WORD("\2"), WORD("\3"),
  WORD("\377\377\377\377"), WORD("\0\0\0\2"),
  WORD("HWSR\1\0"), WORD("HWSR\1\0\2\0\0\0\0\0"), WORD("HWSR\1\0\5\0\4\0\0\0\0\0\0\0"),
  WORD("HWSR\1\0\5\0\0\0\0\0"), WORD("HWSR\1\0\4\0\1\0\0\0x"), WORD("CNI_COMMAND=ADD\0"),
  WORD("CNI_COMMAND=VERSION\0"), WORD("CNI_COMMAND="), WORD("CNI_NETNS=\0"), WORD("HAWSER_SOCKET="),
  WORD("HAWSER_ANSWER_TIMEOUT=86399\0"), WORD("HAWSER_EXECUTABLE=/x\0"), WORD("\"cniVersion\""),
  WORD("1.1.0"), WORD("\""), WORD("{"), WORD("}"), WORD(" "), WORD("000"), WORD("/"),
  WORD("bridge"),
};

static void change(struct call *call) {
  struct part *part = &call->parts[number(PARTS)];
  size_t at = number(part->length + 1);
  uint8_t byte = (uint8_t)number(256);
  switch (number(6)) {
    case 0: splice(part, at, 1, &byte, 1); return;
    case 1: splice(part, at, 0, &byte, 1); return;
    case 2: splice(part, at, 1 + number(16), NULL, 0); return;
    case 3: {
      const struct part *other = &kept[number(kept_count)].parts[part - call->parts];
      size_t from = number(other->length + 1);
      splice(part, at, number(16), other->bytes + from, number(other->length - from + 1));
      return;
    }
    case 4: { /* longer than places that texts are copied to */
      char *many = malloc(5000);
      size_t length = 1 + number(number(4) ? 200 : 5000);
      memset(many, byte, length);
      splice(part, at, 0, many, length);
      free(many);
      return;
    }
    default: {
      size_t word = number(sizeof DICTIONARY / sizeof *DICTIONARY);
      size_t length = DICTIONARY[word].length;
      splice(part, at, number(2) * length, DICTIONARY[word].bytes, length);
    }
  }
}

/* Calls as they should be: of each operation, and with each end. */
static void begin_with(const char *variables, size_t length, const char *input,
                       const char *answer, size_t size) {
  static const char words[] = "/opt/cni/bin/bridge";
  struct call call = {{copy_of("", 0), copy_of(words, sizeof words), copy_of(variables, length),
                       copy_of(input, strlen(input)), copy_of(answer, size)}};
  keep(&call);
  release(&call);
}

static void script_of_last(const char *script, size_t length) {
  struct part *part = &kept[kept_count - 1].parts[SCRIPT];
  free(part->bytes);
  *part = copy_of(script, length);
}

#define SEED(variables, input, answer) \
  begin_with(variables, sizeof variables, input, answer, sizeof answer - 1)
#define ADD "CNI_COMMAND=ADD\0CNI_CONTAINERID=c1\0CNI_NETNS=/run/netns/c1\0CNI_IFNAME=eth0"
#define OTHER "CNI_COMMAND=DEL\0HAWSER_SOCKET=/run/other.sock\0HAWSER_ANSWER_TIMEOUT=7"
#define CONFIG "{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"bridge\"}"

static void seed(void) {
  SEED(ADD, CONFIG, "HWSR\1\0\4\0\5\0\0\0hello" "HWSR\1\0\5\0\6\0\0\0\0\0\0\0{}");
  SEED(ADD, CONFIG, "HWSR\1\0\2\0\0\0\0\0");
  SEED(ADD, CONFIG, "HWSR\1\0\3\0\0\0\0\0");
  SEED(ADD, CONFIG, "");
  SEED(ADD, CONFIG, "HWSR\1\0\5\0\100");
  SEED(OTHER, CONFIG, "nonsense, and more of it");
  SEED("CNI_COMMAND=VERSION", "{ \"cniVersion\" : \"1.10.0\" }\n", "");
  SEED("CNI_COMMAND=VERSION", "", "");
  SEED("CNI_COMMAND=GC\0HAWSER_EXECUTABLE=/usr/bin/hawser", CONFIG, "");
  SEED("PATH=/bin", "", "");
  /* A daemon that is late, and one that closes the connection and lives: the kernel's 12th and 13th
   * decision. */
  SEED(ADD, CONFIG, "");
  script_of_last("\0\0\0\0\0\0\0\0\0\0\0\2", 12);
  SEED(ADD, CONFIG, "");
  script_of_last("\0\0\0\0\0\0\0\0\0\0\0\0\1", 13);
  char *long_input = malloc(150001);
  memset(long_input, ' ', 150000), long_input[150000] = 0;
  SEED(ADD, long_input, "");
  script_of_last("\377", 1);
  free(long_input);
}

static long elapsed_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int main(int count, char **words) {
  static const char *const names[ENDS] = {
    "full", "recovered", "answered", "versioned", "about", "gaveUp", "failed"};
  if (count != 4) return fprintf(stderr, "usage: fuzz SEED RUNS MILLISECONDS\n"), 2;
  unsigned long runs = strtoul(words[2], NULL, 10), ends[ENDS] = {0};
  long until = elapsed_ms() + strtol(words[3], NULL, 10);
  state = strtoull(words[1], NULL, 10) * 0x9e3779b97f4a7c15 + 1;
  seed();
  size_t seeds = kept_count;
  for (run = 0; run < runs && (run % ROOM || elapsed_ms() < until); run++) {
    const struct call *from = &kept[run < seeds ? run : number(kept_count)];
    struct call call;
    for (int part = 0; part < PARTS; part++)
      call.parts[part] = copy_of(from->parts[part].bytes, from->parts[part].length);
    for (size_t left = run < seeds ? 0 : 1 + number(CHANGES_MAX); left > 0; left--) change(&call);
    fresh = 0;
    ends[run_call(&call)]++;
    if (fresh > 0) keep(&call);
    release(&call);
  }
  printf("{\"runs\":%lu,\"places\":%u,\"kept\":%zu", run, place_count, kept_count);
  for (int end = 0; end < ENDS; end++) printf(",\"%s\":%lu", names[end], ends[end]);
  printf("}\n");
  return 0;
}
