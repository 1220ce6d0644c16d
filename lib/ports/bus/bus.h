/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUS_BUS_H
#define PORTS_BUS_BUS_H

/*
 * Where messages go, and where hints come from. A message that is ACCEPTED is durable at the other
 * side; ids make repeats harmless. As with builders, a slot takes an array and returns one outcome
 * per element; what is wrong with one message never touches the others.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct bus;
typedef struct bus Bus;

/* What backends are told; borrowed until the bus is closed. Texts that are not set are empty. */
struct bus_options {
	const char *topic_prefix;
	const char *file;
	const char *url; /* of the broker, or of the receiver */
	const char *user;
	const char *password_file; /* also the secret that a receiver knows us by */
	const char *ca_file, *certificate_file, *key_file;
	const char *exchange;
	const char *address;
	unsigned window;  /* messages without an answer at once */
	unsigned timeout; /* seconds without an answer */
	const char *listen_queue;
	char *const *listen_topics;
};

struct bus_message {
	const char *id;    /* stable over repeats */
	const char *topic; /* without the prefix */
	const char *body;  /* JSON */
	uint64_t build_id;
	uint32_t seq;
	const char *name;  /* of the module */
	const char *owner; /* of the build */
	int severity;      /* 10 debug, 20 info, 30 warning, 40 error */
	int64_t at;        /* of the change, microseconds since 1970 */
};

enum bus_verdict {
	BUS_UNSENT,   /* not tried, or nobody knows: it is sent again, with the same id */
	BUS_ACCEPTED, /* it is theirs now */
	BUS_DELAYED,  /* the other side did not take this one now (nack, overload): later again */
	BUS_REFUSED,  /* this message's topic, exchange or receiver is refused: later again, and an
			 operator has to know */
	BUS_UNFIT,    /* it can never be sent as it is: too long, no JSON object */
};

struct bus_outcome {
	enum bus_verdict verdict;
	bool is_unrouted; /* accepted, but returned: nobody has asked for it */
	char *problem;    /* why it was not accepted; or what the receiver said. NULL: nothing */
	unsigned status;  /* of a receiver that answers with one; 0: no answer */
	unsigned milliseconds;
};
void bus_outcome_clear(struct bus_outcome *outcome);

#define BUS_HINT_BYTES_MAX (1 << 20) /* a longer body is taken, and is no hint */

/* What somebody else said: a hint, believed in nothing but that it is worth looking. */
struct bus_hint {
	char *topic;
	char *body;
};
typedef struct bus_hint BusHint;
void bus_hint_free(struct bus_hint *hint);

struct bus_ops {
	const char *name;
	bool keeps_deliveries; /* each try is worth a row: the receiver answers with words */
	/* Whether its clocks and connections start here or at the first use is the backend's
	 * business; it must not wait for longer than options->timeout. Errors: UNAVAILABLE,
	 * UNACCEPTABLE for options that make no sense, UNSUPPORTED when it was not built in. */
	bool (*open)(const struct bus_options *options, struct bus **ret, GError **error);
	void (*close)(struct bus *bus);
	/*
	 * Sends messages of different builds, in this order, at most options->window of them
	 * without an answer, and returns when each has its verdict, the deadline has come
	 * (g_get_monotonic_time() microseconds), or the other side is away: the rest is UNSENT.
	 * False when it is away: try no more now. The outcomes are the caller's, zeroed.
	 */
	bool (*send_many)(struct bus *bus, const struct bus_message *messages, size_t count,
			  int64_t deadline, struct bus_outcome *outcomes, GError **error);
	/*
	 * Takes what has come in the queue until now, at most limit (struct bus_hint), and waits
	 * for no more. Errors: UNAVAILABLE; UNSUPPORTED where nothing can be listened to.
	 */
	bool (*receive_many)(struct bus *bus, unsigned limit, GPtrArray **ret, GError **error);
	/* Everything that was received is dealt with: it does not come again. */
	bool (*acknowledge)(struct bus *bus, GError **error);
};

/* Every backend stores this as its first member. */
struct bus {
	const struct bus_ops *ops;
};

/* The whole topic of a message, which the caller frees. */
char *bus_topic(const struct bus_options *options, const struct bus_message *message);

/* The receiving slots of a bus that nothing can be heard from. */
bool bus_hears_nothing(struct bus *bus, unsigned limit, GPtrArray **ret, GError **error);
bool bus_acknowledges_nothing(struct bus *bus, GError **error);

extern const struct bus_ops bus_none;
extern const struct bus_ops bus_file;
extern const struct bus_ops bus_webhook;
extern const struct bus_ops bus_amqp;
extern const struct bus_ops bus_amqp1;

/* The backend of that name. Errors: UNSUPPORTED, naming those there are. */
const struct bus_ops *bus_find(const char *name, GError **error);

#endif
