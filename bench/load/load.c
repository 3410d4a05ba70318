/* The load generator: many chat clients in one thread, on epoll, with frames composed beforehand and recognised by their first bytes.
 *
 * It must never be the limit of what it measures, so it does as little as it can for a delivery: find the frame's end, read the number of the message,
 * count. Yet it checks what it is told: every message reaches every member of its room once, and all members hear a room in one order.
 *
 *     load mode=closed|paced|storm dialect=chatsite|tutorial|channels port=N[,N...] pid=N[,N...] cookies=FILE clients=N [at_once=N] [rooms=N] [outstanding=N] [rate=N]
 *          [warmup=S] [seconds=S] [settle=S] [drain=S] [cut=kill|reset]
 *
 * closed: `outstanding` messages are on their way at any time; one is done when it was acknowledged and has reached the last member.
 * paced:  `rate` messages a second, whatever happens; latency counts from when a message was due, so that a stall hides nothing.
 * storm:  messages go on at `rate`, all connections are cut at once, and clients come back as the official one does. `cut=kill`: prints "cut" when
 *         whoever started us should kill the server and start another; `cut=reset`: resets the connections itself.
 * Client k sends line k of `cookies`; with rooms=N it talks in room-<k % N + 1>, without in the lobby. Of several processes (ports; pids, whose CPU
 * is told together) each has an equal share of the clients of every room. The result is one line of JSON. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "measure.h"
#include "wire.h"

enum { PORTS_AN_ADDRESS = 15000, MAX_MESSAGES = 2000000, SYNC = 99999999 };
static const double CONNECTING_TIMEOUT = 120, STORM_TIMEOUT = 60;
static const double RETRY_FIRST = 1, RETRY_MOST = 5, RETRY_SPREAD = 0.5; /* socket.io-client's own, in seconds */

static struct {
    const char *mode, *dialect, *cookies, *cut, *port, *pid;
    int clients, at_once, rooms, outstanding;
    double rate, warmup, seconds, settle, drain;
} opt = {.mode = "closed", .dialect = "chatsite", .cookies = "", .cut = "kill", .port = "0", .pid = "0", .clients = 1, .at_once = 256, .outstanding = 16, .rate = 50, .warmup = 1,
         .seconds = 5, .settle = 0.5, .drain = 20};

typedef enum { AWAY, CONNECTING, UPGRADING, ENTERING, IN } State;

typedef struct {
    int fd, attempts, syncing;
    State state;
    char *cookie;
    char room[16];
    uint8_t *kept; /* the beginning of a frame whose end is not here yet */
    size_t kept_length;
    uint64_t order; /* a hash of the messages heard, in their order */
    double retry_at;
    /* storm only */
    long position, heard; /* the version applied, and the highest heard of */
    uint8_t *seen;        /* by message */
    long whole;           /* messages seen */
} Client;

typedef struct {
    double sent;
    int author;
    int missing; /* members who have not got it */
    int acknowledged;
} Message;

static const Dialect *dialect;
static int poller, is_storm, is_closed, posting;
static Numbers ports, pids;
static Client *clients;
static Message *messages;
static long posted, done, delivered, doubled, reordered, refused, cuts, syncs;
static int present; /* clients that are in */
static double window_from = 1e300, window_to = 1e300, cut_at, back_at;
static struct {
    long deliveries, done;
    Histogram delivery, acknowledgement;
} measured;

static void die(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    exit(1);
}

static int in_window(double at) { return at >= window_from && at < window_to; }

/* --- Connections ------------------------------------------------------------------------------------------------------------------ */

static void lost(Client *client, const char *why) {
    if (!is_storm) die("client %ld: %s", (long)(client - clients), why);
    if (client->state == IN) {
        cuts++;
        present--;
        client->attempts = 0;
        if (cut_at == 0) cut_at = now();
    }
    close(client->fd);
    client->state = AWAY;
    client->kept_length = 0;
    client->syncing = 0;
    double delay = RETRY_FIRST * (double)(1 << (client->attempts < 4 ? client->attempts : 4));
    delay *= 1 + RETRY_SPREAD * (2 * drand48() - 1);
    client->retry_at = now() + (delay < RETRY_MOST ? delay : RETRY_MOST);
    client->attempts++;
}

static void send_bytes(Client *client, const void *data, size_t length) {
    ssize_t sent = send(client->fd, data, length, MSG_NOSIGNAL);
    if (sent == (ssize_t)length) return;
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return; /* reading will tell */
    die("client %ld: the server does not read: %s", (long)(client - clients), sent < 0 ? strerror(errno) : "its buffer is full");
}

static void send_text(Client *client, const char *text) {
    uint8_t frame[MAX_FRAME];
    send_bytes(client, frame, put_frame(frame, TEXT, text, strlen(text)));
}

static void watch(Client *client, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u32 = (uint32_t)(client - clients)};
    epoll_ctl(poller, operation, client->fd, &event);
}

static int port_of(const Client *client) {
    long number = client - clients;
    return ports.of[number / (opt.rooms ? opt.rooms : 1) % ports.count];
}

static void connect_client(Client *client) {
    long number = client - clients;
    struct sockaddr_in here = {.sin_family = AF_INET}, there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port_of(client))};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(number / PORTS_AN_ADDRESS)); /* 127.0.0.1, 127.0.0.2, ... */
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) die("socket: %s (raise `ulimit -n`)", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&here, sizeof here)) die("bind: %s", strerror(errno));
    client->fd = fd;
    client->state = CONNECTING;
    if (connect(fd, (struct sockaddr *)&there, sizeof there) && errno != EINPROGRESS) return lost(client, strerror(errno));
    watch(client, EPOLL_CTL_ADD, EPOLLOUT);
}

static void upgrade(Client *client) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) return lost(client, strerror(error));
    char request[1024];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: %s\r\n\r\n",
                          dialect->path, port_of(client), port_of(client), client->cookie);
    client->state = UPGRADING;
    watch(client, EPOLL_CTL_MOD, EPOLLIN);
    send_bytes(client, request, (size_t)length);
}

/* --- Messages --------------------------------------------------------------------------------------------------------------------- */

static void transmit(long number) {
    char text[1024], body[512], id[64];
    Client *author = clients + messages[number].author;
    snprintf(body, sizeof body, MARK "%0*ld %s", DIGITS, number, SAID[number % SAID_COUNT]);
    snprintf(id, sizeof id, "%08x-0000-4000-8000-%012lx", (unsigned)pids.of[0], (unsigned long)number);
    snprintf(text, sizeof text, dialect->post, number, author->room, body, id);
    send_text(author, text);
}

/* Say one more thing; `at` is when it was due. In a storm, who is away says it on coming back. */
static void post(double at) {
    if (posted == MAX_MESSAGES) die("more than %d messages: shorten the run", MAX_MESSAGES);
    int author = (int)(posted % opt.clients), room = opt.rooms ? author % opt.rooms : 0, step = opt.rooms ? opt.rooms : 1;
    messages[posted] = (Message){at, author, (opt.clients - room + step - 1) / step, 0};
    if (clients[author].state == IN) transmit(posted);
    posted++;
}

static void settle(long number, double at) {
    if (messages[number].missing || !messages[number].acknowledged) return;
    done++;
    measured.done += in_window(at);
    if (is_closed && posting) post(now());
}

static void deliver(Client *client, long number, double at) {
    if (number < 0 || number >= posted) return;
    Message *message = messages + number;
    delivered++;
    client->order = client->order * 1000003 + (uint64_t)number + 1;
    if (is_storm) {
        if (client->seen[number]) doubled++;
        client->whole += !client->seen[number];
        client->seen[number] = 1;
        return;
    }
    if (in_window(at)) {
        measured.deliveries++;
        record(&measured.delivery, at - message->sent);
    }
    if (message->missing == 0) {
        doubled++;
        return;
    }
    if (--message->missing == 0) settle(number, at);
}

static void acknowledge(const Frame *frame, long number, double at) {
    if (number < 0 || number >= posted) return;
    if (memmem(frame->data, frame->length, "\"ok\":false", 10)) {
        if (refused++ == 0) fprintf(stderr, "refused: %.*s\n", (int)(frame->length < 300 ? frame->length : 300), frame->data);
        return;
    }
    if (messages[number].acknowledged) return; /* of a retry */
    messages[number].acknowledged = 1;
    if (in_window(at)) record(&measured.acknowledgement, at - messages[number].sent);
    settle(number, at);
}

/* --- The storm's clients: they know how far they are, and ask for what they lack -------------------------------------------------- */

static void ask(Client *client) {
    char text[256];
    client->syncing = 1;
    syncs++;
    snprintf(text, sizeof text, dialect->sync, (long)SYNC, client->position);
    send_text(client, text);
}

/* A delivery by the rule of the version: the next is applied, an earlier one was seen, a later one shows a gap. */
static void follow(Client *client, const Frame *frame, double at) {
    const uint8_t *end = frame->data + frame->length;
    if (!dialect->sync) { /* the tutorial's: the last number of the frame is the message's own; the server sends what is missing */
        const uint8_t *comma = memrchr(frame->data, ',', frame->length);
        client->position = comma ? number_at(comma + 1, end) : client->position;
        return deliver(client, message_in(frame), at);
    }
    long version = number_after(frame->data, end, "\"version\":");
    if (version > client->heard) client->heard = version;
    if (version == client->position + 1) {
        client->position = version;
        deliver(client, message_in(frame), at);
    } else if (version > client->position && !client->syncing) {
        ask(client);
    }
}

/* The answer to `sync`: apply its messages, and ask again while there is more. */
static void catch_up(Client *client, const Frame *frame, double at) {
    static const char start[] = "\"body\":\"" MARK;
    const uint8_t *end = frame->data + frame->length, *found = frame->data;
    long version = number_after(frame->data, end, "\"lobby\":{\"version\":");
    if (version < 0) die("sync was answered with %.*s", (int)(frame->length < 300 ? frame->length : 300), frame->data);
    client->syncing = 0;
    if (version < client->position) return; /* events overtook it */
    for (; (found = memmem(found, (size_t)(end - found), start, sizeof start - 1)); found += sizeof start - 1) {
        long of = number_at(found + sizeof start - 1, end);
        const uint8_t *stamp = found; /* `version` stands before the body in a message: what is not above ours came live meanwhile */
        while (stamp > frame->data && memcmp(stamp, "\"version\":", 10) != 0) stamp--;
        if (number_at(stamp + 10, end) > client->position) deliver(client, of, at);
    }
    client->position = version;
    if (memmem(frame->data, frame->length, "\"more\":true", 11) || client->heard > version) ask(client);
}

/* --- Frames ----------------------------------------------------------------------------------------------------------------------- */

static void enter(Client *client, const Frame *frame) {
    client->state = IN;
    if (++present == opt.clients && cut_at && !back_at) back_at = now();
    if (!is_storm) return;
    if (cut_at && dialect->sync) ask(client);
    if (!cut_at && dialect->sync) {
        const uint8_t *end = frame->data + frame->length, *lobby = memmem(frame->data, frame->length, "\"slug\":\"lobby\"", 14);
        client->position = client->heard = lobby ? number_after(lobby, end, "\"version\":") : 0;
    }
    for (long number = 0; number < posted; number++) /* the outbox: what was never acknowledged is said again, under the same id */
        if (messages[number].author == client - clients && !messages[number].acknowledged) transmit(number);
}

static void understand(Client *client, const Frame *frame, double at) {
    if (frame->opcode == PING) {
        uint8_t pong[MAX_FRAME];
        send_bytes(client, pong, put_frame(pong, PONG, (const char *)frame->data, frame->length));
    } else if (frame->opcode == CLOSE) {
        lost(client, "the server closed the connection");
    } else if (starts_with(frame, dialect->delivery)) {
        if (is_storm) return follow(client, frame, at);
        deliver(client, message_in(frame), at);
    } else if (starts_with(frame, dialect->ack)) {
        long number = number_at(frame->data + strlen(dialect->ack), frame->data + frame->length);
        if (number == SYNC) return catch_up(client, frame, at);
        acknowledge(frame, number, at);
    } else if (frame->length == 1 && frame->data[0] == '2' && *dialect->open) { /* Engine.IO's ping */
        send_text(client, "3");
    } else if (client->state == ENTERING && starts_with(frame, dialect->ready)) {
        enter(client, frame);
    } else if (client->state == ENTERING && *dialect->open && starts_with(frame, dialect->open)) {
        char hail[64];
        snprintf(hail, sizeof hail, dialect->hail, client->position);
        send_text(client, hail);
    } else if (client->state == ENTERING && starts_with(frame, "44")) {
        die("refused to connect: %.*s", (int)frame->length, frame->data);
    }
}

static void readable(Client *client) {
    static uint8_t inbox[4 << 20];
    if (client->kept_length) memcpy(inbox, client->kept, client->kept_length);
    ssize_t got = recv(client->fd, inbox + client->kept_length, sizeof inbox - client->kept_length, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return lost(client, got ? strerror(errno) : "the server ended the connection");
    double at = now();
    const uint8_t *next = inbox, *end = inbox + client->kept_length + (size_t)got, *after;
    if (client->state == UPGRADING && (after = memmem(inbox, (size_t)(end - inbox), "\r\n\r\n", 4))) {
        if (memcmp(inbox, "HTTP/1.1 101", 12) != 0) die("no upgrade: %.*s", (int)(after - inbox), inbox);
        client->state = ENTERING;
        next = after + 4;
    }
    Frame frame;
    while (client->state >= ENTERING && (after = next_frame(next, end, &frame))) {
        understand(client, &frame, at);
        next = after;
    }
    if (client->state == AWAY) return;
    client->kept_length = (size_t)(end - next);
    if (client->kept_length == sizeof inbox) die("a frame of over %zu bytes", sizeof inbox);
    if (client->kept_length) {
        client->kept = realloc(client->kept, client->kept_length);
        memcpy(client->kept, next, client->kept_length);
    }
}

/* Handle what has come, waiting for it until `deadline` at most. */
static void turn(double deadline) {
    static struct epoll_event events[4096];
    double wait = deadline - now();
    int count = epoll_wait(poller, events, 4096, wait <= 0 ? 0 : (int)ceil(wait * 1e3));
    for (int i = 0; i < count; i++) {
        Client *client = clients + events[i].data.u32;
        if (client->state == CONNECTING) upgrade(client);
        else if (client->state != AWAY) readable(client);
    }
}

/* --- The cases -------------------------------------------------------------------------------------------------------------------- */

static void connect_all(void) {
    double give_up = now() + CONNECTING_TIMEOUT;
    for (int started = 0; present < opt.clients;) {
        while (started < opt.clients && started - present < opt.at_once) connect_client(clients + started++);
        turn(now() + 0.1);
        if (now() > give_up) die("only %d of %d clients are in after %.0f s", present, opt.clients, CONNECTING_TIMEOUT);
    }
}

/* Drive the load from now to the end of the window, then wait for what is on its way. */
static void drive(void) {
    double start = now(), give_up;
    window_from = start + opt.warmup;
    window_to = window_from + opt.seconds;
    posting = 1;
    if (is_closed)
        for (int i = 0; i < opt.outstanding; i++) post(now());
    for (long due = 0; now() < window_to;) {
        if (is_closed) {
            turn(window_to);
            continue;
        }
        for (; start + (double)due / opt.rate <= now(); due++) post(start + (double)due / opt.rate);
        turn(start + (double)due / opt.rate);
    }
    posting = 0;
    for (give_up = now() + opt.drain; done < posted && now() < give_up;) turn(now() + 0.1);
}

static int all_whole(void) {
    if (present < opt.clients) return 0;
    for (long number = 0; number < posted; number++)
        if (!messages[number].acknowledged) return 0;
    for (int i = 0; i < opt.clients; i++)
        if (clients[i].whole < posted || clients[i].syncing) return 0;
    return 1;
}

/* One second of chat, the cut, one more second of chat, and on until everyone has everything. Return the seconds from cut to whole. */
static double storm(void) {
    double start = now(), give_up = start + STORM_TIMEOUT;
    int is_cut = 0;
    for (long due = 0; now() < give_up;) {
        double at = now();
        if (!is_cut && at > start + 1) {
            is_cut = 1;
            if (strcmp(opt.cut, "kill") == 0) {
                puts("cut");
                fflush(stdout);
            } else {
                struct linger reset = {1, 0};
                cut_at = at;
                for (int i = 0; i < opt.clients; i++) {
                    setsockopt(clients[i].fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
                    lost(clients + i, "cut");
                }
            }
        }
        if (!cut_at || at < cut_at + 1)
            for (; start + (double)due / opt.rate <= at; due++) post(start + (double)due / opt.rate);
        else if (all_whole())
            return at - cut_at;
        for (int i = 0; i < opt.clients; i++)
            if (clients[i].state == AWAY && at >= clients[i].retry_at) connect_client(clients + i);
        turn(at + 0.005);
    }
    return -1;
}

/* --- Setting up and telling ------------------------------------------------------------------------------------------------------- */

static void read_options(int count, char **arguments) {
    struct {
        const char *name;
        const char **text;
        int *whole;
        double *real;
    } known[] = {
        {"mode", &opt.mode, 0, 0},       {"dialect", &opt.dialect, 0, 0},       {"cookies", &opt.cookies, 0, 0}, {"cut", &opt.cut, 0, 0},
        {"port", &opt.port, 0, 0},       {"pid", &opt.pid, 0, 0},               {"clients", 0, &opt.clients, 0}, {"rooms", 0, &opt.rooms, 0},
        {"seconds", 0, 0, &opt.seconds}, {"outstanding", 0, &opt.outstanding, 0}, {"rate", 0, 0, &opt.rate},     {"warmup", 0, 0, &opt.warmup},
        {"settle", 0, 0, &opt.settle},   {"drain", 0, 0, &opt.drain},            {"at_once", 0, &opt.at_once, 0},
    };
    for (int i = 1; i < count; i++) {
        char *value = strchr(arguments[i], '=');
        size_t k = 0, size = value ? (size_t)(value++ - arguments[i]) : 0;
        while (k < sizeof known / sizeof *known && (strlen(known[k].name) != size || strncmp(known[k].name, arguments[i], size) != 0)) k++;
        if (k == sizeof known / sizeof *known) die("unknown option %s", arguments[i]);
        if (known[k].text) *known[k].text = value;
        if (known[k].whole) *known[k].whole = atoi(value);
        if (known[k].real) *known[k].real = atof(value);
    }
    for (size_t k = 0; k < sizeof DIALECTS / sizeof *DIALECTS; k++)
        if (strcmp(DIALECTS[k].name, opt.dialect) == 0) dialect = DIALECTS + k;
    if (!dialect) die("unknown dialect %s", opt.dialect);
    ports = numbers_in(opt.port);
    pids = numbers_in(opt.pid);
    is_storm = strcmp(opt.mode, "storm") == 0;
    is_closed = strcmp(opt.mode, "closed") == 0;
}

static void make_clients(void) {
    clients = calloc((size_t)opt.clients, sizeof *clients);
    messages = calloc(MAX_MESSAGES, sizeof *messages);
    poller = epoll_create1(0);
    FILE *file = fopen(opt.cookies, "r");
    if (!file) die("%s: %s", opt.cookies, strerror(errno));
    for (int i = 0; i < opt.clients; i++) {
        char line[256];
        if (!fgets(line, sizeof line, file)) die("%s: %d lines, %d wanted", opt.cookies, i, opt.clients);
        line[strcspn(line, "\r\n")] = 0;
        clients[i].cookie = strdup(line);
        if (opt.rooms) snprintf(clients[i].room, sizeof clients[i].room, "room-%d", i % opt.rooms + 1);
        else strcpy(clients[i].room, "lobby");
        if (is_storm) clients[i].seen = calloc(10000, 1);
    }
    fclose(file);
}

/* Members of a room who heard it in another order than its first member. */
static void compare_orders(void) {
    int rooms = opt.rooms ? opt.rooms : 1;
    for (int i = rooms; i < opt.clients; i++) reordered += clients[i].order != clients[i % rooms].order;
}

int main(int count, char **arguments) {
    read_options(count, arguments);
    make_clients();
    Usage before = usage_of_all(&pids);
    double started = now();
    connect_all();
    double connected = now();
    Usage entered = usage_of_all(&pids);
    while (now() < connected + opt.settle) turn(connected + opt.settle);
    Usage settled = usage_of_all(&pids);
    double own = own_cpu(), from = now(), whole_after = 0;
    if (is_storm) whole_after = storm();
    else drive();
    double took = now() - from;
    own = own_cpu() - own;
    Usage after = usage_of_all(&pids);
    compare_orders();
    printf("{\"clients\": %d, \"posted\": %ld, \"lost\": %ld, \"doubled\": %ld, \"reordered\": %ld, \"refused\": %ld, ", opt.clients, posted,
           is_storm ? 0 : posted - done, doubled, reordered, refused);
    printf("\"deliveries_per_second\": %.1f, \"messages_per_second\": %.1f, ", (double)measured.deliveries / opt.seconds,
           (double)measured.done / opt.seconds);
    printf("\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, ", percentile(&measured.delivery, 0.5), percentile(&measured.delivery, 0.99),
           percentile(&measured.delivery, 1));
    printf("\"ack_p50_ms\": %.3f, \"ack_p99_ms\": %.3f, ", percentile(&measured.acknowledgement, 0.5), percentile(&measured.acknowledgement, 0.99));
    printf("\"connect_seconds\": %.3f, \"connect_cpu_ms\": %.4f, \"kb_per_connection\": %.2f, ", connected - started,
           (entered.cpu - before.cpu) * 1e3 / opt.clients, (settled.memory - before.memory) / opt.clients);
    if (is_storm)
        printf("\"whole_seconds\": %.3f, \"back_seconds\": %.3f, \"cuts\": %ld, \"syncs\": %ld, ", whole_after, back_at ? back_at - cut_at : -1, cuts,
               syncs);
    printf("\"generator_cpu\": %.3f, \"server_cpu\": %.3f, \"server_mb\": %.1f, ", own / took, (after.cpu - settled.cpu) / took,
           after.memory / 1024);
    printf("\"delivered\": %ld, \"server_cpu_seconds\": %.2f}\n", delivered, after.cpu - settled.cpu);
    return 0;
}
