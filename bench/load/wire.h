/* How each server is spoken to: just enough of WebSocket (RFC 6455), Engine.IO and Socket.IO, as text to send and prefixes to look for.
 *
 * A dialect names what a server sends by the first bytes of the frame; nothing is parsed further than a measurement needs. */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    const char *path;     /* of the WebSocket */
    const char *open;     /* the server's first frame, answered with `hail`; "" where the upgrade is enough */
    const char *hail;     /* may hold one %ld: the last position seen (storm) */
    const char *ready;    /* the frame after which one is in */
    const char *delivery; /* a message for the room */
    const char *ack;      /* followed by the number of the message */
    const char *post;     /* 1: number, 2: room, 3: body, 4: client id */
    const char *sync;     /* 1: number, 2: version; NULL where the server sends what is missing by itself */
} Dialect;

static const Dialect DIALECTS[] = {
    {"chatsite", "/socket.io/?EIO=4&transport=websocket", "0{", "40", "42[\"data\",{\"type\":\"hello\"", "42[\"data\",{\"type\":\"message\"", "43",
     "42%1$ld[\"message\",{\"room\":\"%2$s\",\"body\":\"%3$s\",\"client_id\":\"%4$s\"}]", "42%1$ld[\"sync\",{\"rooms\":{\"lobby\":%2$ld}}]"},
    {"tutorial", "/socket.io/?EIO=4&transport=websocket", "0{", "40{\"serverOffset\":%ld}", "40{", "42[\"chat message\"", "43",
     "42%1$ld[\"chat message\",\"%2$s\",\"%3$s\",\"%4$s\"]", NULL},
    {"channels", "/ws/", "", "", "{\"type\":\"ready\"", "{\"type\":\"message\"", "{\"type\":\"ack\",\"id\":",
     "{\"type\":\"message\",\"id\":%1$ld,\"room\":\"%2$s\",\"body\":\"%3$s\",\"client_id\":\"%4$s\"}", NULL},
};

/* Every message begins with this and eight digits, by which it is known again wherever it stands in a frame. */
#define MARK "bench"
enum { MARK_LENGTH = 5, DIGITS = 8, MAX_FRAME = 4096 };

/* What people say: short and long, with the punctuation and the little Markdown of every day. */
static const char *const SAID[] = {
    "ok",
    "Good morning! Slides for Thursday are below, comments until noon.",
    "looks right to me",
    "The index is in, and history opens in one query now. Could you check that the numbers moved?",
    "will do after the call",
    "Deploy is **green**, see the `release` notes.",
    "thanks",
    "I tried it with the large room again: scrolling back a year is instant, the search needs another look, and the phone keeps its place.",
};
enum { SAID_COUNT = sizeof SAID / sizeof *SAID };

typedef struct {
    const uint8_t *data;
    size_t length;
    int opcode;
} Frame;

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

/* Read the frame at `at`; return where the next begins, NULL if it is not all there. Servers do not mask, and none here fragments. */
static inline const uint8_t *next_frame(const uint8_t *at, const uint8_t *end, Frame *frame) {
    if (end - at < 2) return NULL;
    size_t length = at[1] & 127, head = 2;
    if (length == 126) {
        if (end - at < 4) return NULL;
        length = (size_t)at[2] << 8 | at[3];
        head = 4;
    } else if (length == 127) {
        if (end - at < 10) return NULL;
        length = 0;
        for (int i = 2; i < 10; i++) length = length << 8 | at[i];
        head = 10;
    }
    if ((size_t)(end - at) < head + length) return NULL;
    *frame = (Frame){at + head, length, at[0] & 15};
    return at + head + length;
}

/* Write a masked frame with `length` bytes of `data` to `to`; return its size. */
static inline size_t put_frame(uint8_t *to, int opcode, const char *data, size_t length) {
    static const uint8_t mask[4] = {0x5a, 0xc3, 0x96, 0x3c};
    size_t head = 2;
    to[0] = 0x80 | (uint8_t)opcode;
    if (length < 126) {
        to[1] = 0x80 | (uint8_t)length;
    } else {
        to[1] = 0x80 | 126;
        to[2] = (uint8_t)(length >> 8);
        to[3] = (uint8_t)length;
        head = 4;
    }
    memcpy(to + head, mask, 4);
    head += 4;
    for (size_t i = 0; i < length; i++) to[head + i] = (uint8_t)data[i] ^ mask[i & 3];
    return head + length;
}

static inline int starts_with(const Frame *frame, const char *prefix) {
    size_t length = strlen(prefix);
    return frame->length >= length && memcmp(frame->data, prefix, length) == 0;
}

/* The decimal number at `at`, -1 where there is none. */
static inline long number_at(const uint8_t *at, const uint8_t *end) {
    long value = 0;
    const uint8_t *start = at;
    for (; at < end && *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0');
    return at > start ? value : -1;
}

/* The number that follows `name` in a stretch of JSON, -1 where there is none. */
static inline long number_after(const uint8_t *at, const uint8_t *end, const char *name) {
    const uint8_t *found = memmem(at, (size_t)(end - at), name, strlen(name));
    return found ? number_at(found + strlen(name), end) : -1;
}

/* The number of the first of our messages in a frame, -1 where there is none. Frames are alike, so it is mostly where it was in the last one. */
static inline long message_in(const Frame *frame) {
    static size_t guess;
    if (guess + MARK_LENGTH + DIGITS > frame->length || memcmp(frame->data + guess, MARK, MARK_LENGTH) != 0) {
        const uint8_t *found = memmem(frame->data, frame->length, MARK, MARK_LENGTH);
        if (!found) return -1;
        guess = (size_t)(found - frame->data);
    }
    const uint8_t *digits = frame->data + guess + MARK_LENGTH;
    return number_at(digits, frame->data + frame->length);
}
