/* SPDX-License-Identifier: MIT */
#include "base/fault.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strict.h"

enum action { ACTION_NONE, ACTION_KILL, ACTION_CRASH, ACTION_HANG, ACTION_STOP, ACTION_ERROR };

static const char *const action_names[] = {
	[ACTION_KILL] = "kill", [ACTION_CRASH] = "crash", [ACTION_HANG] = "hang",
	[ACTION_STOP] = "stop", [ACTION_ERROR] = "error",
};

#define FAULT_ROW(constant, name, life, meaning) [constant] = { name, life, meaning },
static const struct {
	const char *name;
	const char *life;
	const char *meaning;
} points[FAULT__COUNT] = { FAULT_POINTS(FAULT_ROW) };

/* What is to happen at a point. */
static struct {
	enum action action;
	uint64_t when; /* the how many-eth time; 0: each */
	char *build;   /* NULL: any */
	gint reached;  /* atomic */
} orders[FAULT__COUNT];

bool fault_is_armed;

static bool find_point(const char *name, enum fault *ret, GError **error)
{
	for (int i = 0; i < FAULT__COUNT; i++) {
		if (strcmp(points[i].name, name) != 0)
			continue;
		*ret = (enum fault)i;
		return true;
	}
	return fail(error, RIDA_ERROR_MALFORMED, "there is no fault point \"%s\"", name);
}

static bool find_action(const char *name, enum action *ret, GError **error)
{
	for (size_t i = ACTION_KILL; i < G_N_ELEMENTS(action_names); i++) {
		if (strcmp(action_names[i], name) != 0)
			continue;
		*ret = (enum action)i;
		return true;
	}
	return fail(error, RIDA_ERROR_MALFORMED, "there is no fault \"%s\"", name);
}

static bool arm_one(const char *word, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(word, ":", 3);
	g_auto(GStrv) place = g_strsplit(parts[0] ? parts[0] : "", "@", 2);
	uint64_t when = 1;
	enum action action;
	enum fault point;

	if (g_strv_length(parts) < 2)
		return fail(error, RIDA_ERROR_MALFORMED, "\"%s\" is not POINT:ACTION", word);
	if (!find_point(place[0] ? place[0] : "", &point, error) ||
	    !find_action(parts[1], &action, error) ||
	    (parts[2] && !strict_u64(parts[2], 0, G_MAXINT, &when, error)))
		return false;
	orders[point].action = action;
	orders[point].when = when;
	g_free(orders[point].build);
	orders[point].build = g_strdup(place[1]);
	fault_is_armed = true;
	return true;
}

bool fault_arm(const char *words, GError **error)
{
	g_auto(GStrv) all = g_strsplit(words ? words : "", ",", 0);

	for (char **word = all; *word; word++)
		if (!arm_one(*word, error)) {
			g_prefix_error(error, "RIDA_FAULT: ");
			return false;
		}
	return true;
}

void fault_print(FILE *out)
{
	for (int i = 0; i < FAULT__COUNT; i++)
		fprintf(out, "%s\t%s\t%s\n", points[i].name, points[i].life, points[i].meaning);
}

/* Tells the test that it has happened; nothing else may be said by a process that dies. */
static void tell(enum fault point)
{
	g_autofree char *line = g_strdup_printf("fault-struck point=%s\n", points[point].name);

	if (write(STDERR_FILENO, line, strlen(line)) < 0)
		return;
}

/* Whether the program goes on as if nothing had happened; it may be its end. */
static bool strike(enum action action)
{
	switch (action) {
	case ACTION_KILL:
		raise(SIGKILL);
		break;
	case ACTION_CRASH:
		raise(SIGSEGV);
		break;
	case ACTION_STOP:
		raise(SIGSTOP);
		return true;
	case ACTION_HANG:
		for (;;)
			pause();
	case ACTION_ERROR:
	case ACTION_NONE:
		break;
	}
	return false;
}

bool fault_reach(enum fault point, const char *build, GError **error)
{
	const enum action action = orders[point].action;

	if (action == ACTION_NONE || g_strcmp0(orders[point].build, build) != 0)
		return true;
	if (orders[point].when &&
	    (uint64_t)g_atomic_int_add(&orders[point].reached, 1) + 1 != orders[point].when)
		return true;
	tell(point);
	return strike(action) ||
	       fail(error, RIDA_ERROR_UNAVAILABLE, "%s: a planned fault", points[point].name);
}
