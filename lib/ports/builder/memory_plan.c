/* SPDX-License-Identifier: MIT */
#include "ports/builder/memory_plan.h"

#include <string.h>

#include "base/strict.h"

#define DEFAULT_MS 5
#define NUMBER_MAX 1000000000

/* The number after a prefix, as in "polls-3". */
static bool word_number(const char *word, const char *prefix, uint64_t *ret)
{
	return g_str_has_prefix(word, prefix) &&
	       strict_u64(word + strlen(prefix), 0, NUMBER_MAX, ret, NULL);
}

static bool read_word(const char *word, uint32_t attempt, struct memory_plan *plan)
{
	uint64_t number;

	if (strcmp(word, "fail") == 0)
		plan->fails = true;
	else if (strcmp(word, "fail-first") == 0)
		plan->fails = attempt <= 1;
	else if (strcmp(word, "vanish") == 0)
		plan->vanishes = true;
	else if (strcmp(word, "vanish-first") == 0)
		plan->vanishes = attempt <= 1;
	else if (strcmp(word, "hang") == 0)
		plan->ms = -1;
	else if (word_number(word, "ms-", &number))
		plan->ms = (int64_t)number;
	else if (word_number(word, "polls-", &number))
		plan->polls = number;
	else
		return false;
	return true;
}

static bool read_words(const char *text, uint32_t attempt, struct memory_plan *ret)
{
	g_auto(GStrv) words = g_strsplit(text ? text : "", ".", -1);
	struct memory_plan plan = { .ms = DEFAULT_MS };

	for (char **word = words; *word; word++)
		if (!read_word(*word, attempt, &plan))
			return false;
	*ret = plan;
	return words[0];
}

struct memory_plan memory_plan_read(const struct component *component)
{
	struct memory_plan plan = { .ms = DEFAULT_MS };

	if (!read_words(component->ref, component->attempt, &plan))
		read_words(component->name, component->attempt, &plan);
	return plan;
}
