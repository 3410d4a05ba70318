/* What is measured: a monotonic clock, histograms of latency, and the CPU and memory of a process as /proc tells them. */
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Seconds on a clock that never jumps. */
static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Latencies in buckets less than 1 % wide: microseconds one by one up to 256, from there 128 buckets a power of two. */
enum { ROW = 128, BUCKETS = ROW * 28 };

typedef struct {
    uint64_t count[BUCKETS];
    uint64_t total;
} Histogram;

static inline void record(Histogram *h, double seconds) {
    uint64_t us = seconds > 0 ? (uint64_t)(seconds * 1e6) : 0;
    int power = us < 2 * ROW ? 0 : 56 - __builtin_clzll(us); /* shifts that leave 8 bits: 128 to 255 */
    uint64_t bucket = (uint64_t)power * ROW + (us >> power);
    h->count[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    h->total++;
}

/* The latency in milliseconds that `share` (0 to 1) of the samples do not exceed: the upper edge of its bucket. */
static inline double percentile(const Histogram *h, double share) {
    uint64_t wanted = (uint64_t)ceil(share * (double)h->total), seen = 0;
    for (int bucket = 0; bucket < BUCKETS && wanted; bucket++) {
        seen += h->count[bucket];
        if (seen < wanted) continue;
        int power = bucket < 2 * ROW ? 0 : bucket / ROW - 1;
        return (double)((uint64_t)(bucket - power * ROW + 1) << power) / 1e3;
    }
    return 0;
}

typedef struct {
    double cpu;    /* seconds of CPU used so far, user and system */
    double memory; /* resident, in kB */
} Usage;

/* What the process `pid` has used; zeroes if it is gone. */
static inline Usage usage_of(int pid) {
    Usage usage = {0, 0};
    char path[64], line[1024], *rest;
    unsigned long user = 0, system = 0;
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) return usage;
    if (fgets(line, sizeof line, file) && (rest = strrchr(line, ')')) &&
        sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u %ld", &user, &system,
               &pages) == 3) {
        usage.cpu = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
        usage.memory = (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
    }
    fclose(file);
    return usage;
}

typedef struct {
    int of[16], count;
} Numbers;

/* The numbers of a list with commas between them; more than 16 are not looked at. */
static inline Numbers numbers_in(const char *text) {
    Numbers found = {{0}, 0};
    for (const char *at = text; at && found.count < 16; at = strchr(at, ','), at += at != NULL) found.of[found.count++] = atoi(at);
    return found;
}

/* What several processes have used together. */
static inline Usage usage_of_all(const Numbers *pids) {
    Usage all = {0, 0};
    for (int i = 0; i < pids->count; i++) {
        Usage one = usage_of(pids->of[i]);
        all.cpu += one.cpu;
        all.memory += one.memory;
    }
    return all;
}

/* Seconds of CPU this process has used. */
static inline double own_cpu(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}
