/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_answer.h"

#include "base/error.h"

bool koji_nonsense(struct outcome *outcome, const char *what)
{
	if (!outcome->error)
		fail(&outcome->error, RIDA_ERROR_UNAVAILABLE, "%s: the hub's answer makes no sense",
		     what);
	return false;
}

bool koji_expect(const struct koji_batch *batch, size_t call, enum json_type type, const char *what,
		 struct outcome *outcome, struct json_object **ret)
{
	struct koji_answer *answer = koji_batch_answer(batch, call);

	if (answer->error) {
		koji_blame(outcome, answer, what);
		return false;
	}
	if (answer->value && !json_object_is_type(answer->value, type))
		return koji_nonsense(outcome, what);
	*ret = answer->value;
	return true;
}

bool koji_expect_tag(const struct koji_batch *batch, size_t call, const char *name,
		     struct outcome *outcome, struct json_object **ret)
{
	g_autofree char *what = g_strdup_printf("tag %s", name);
	struct json_object *tag;
	int64_t id = 0;

	if (!koji_expect(batch, call, json_type_object, what, outcome, &tag))
		return false;
	if (tag && (g_strcmp0(koji_text(tag, "name"), name) != 0 || !koji_number(tag, "id", &id) ||
		    id <= 0))
		return koji_nonsense(outcome, what);
	*ret = tag;
	return true;
}

bool koji_tagged_read(const struct koji_builder *koji, const char *tag, struct outcome *outcome,
		      struct koji_tagged *ret)
{
	struct json_object *listing = koji_listing(koji, tag, outcome);
	g_autoptr(GHashTable) entries = g_hash_table_new(g_str_hash, g_str_equal);
	int64_t newest = 0;

	if (!listing)
		return false;
	for (size_t i = 0; i < json_object_array_length(listing); i++) {
		struct json_object *entry = json_object_array_get_idx(listing, i);
		const char *nvr = koji_text(entry, "nvr");
		int64_t event = 0;

		if (!nvr || !koji_number(entry, "create_event", &event) || event <= 0)
			return koji_nonsense(outcome, tag);
		g_hash_table_insert(entries, (char *)(uintptr_t)nvr, entry);
		newest = MAX(newest, event);
	}
	*ret = (struct koji_tagged){ g_steal_pointer(&entries), newest };
	return true;
}

void koji_tagged_clear(struct koji_tagged *tagged)
{
	g_clear_pointer(&tagged->entries, g_hash_table_unref);
}

static struct json_object *tasks_wish(const char *method, uint64_t user, const char *states)
{
	struct json_object *wish = json_object_new_object();
	struct json_object *numbers = json_object_new_array();

	for (; *states; states++)
		json_object_array_add(numbers, json_object_new_int(g_ascii_digit_value(*states)));
	json_object_object_add(wish, "method", json_object_new_string(method));
	json_object_object_add(wish, "owner", json_object_new_int64((int64_t)user));
	json_object_object_add(wish, "state", numbers);
	json_object_object_add(wish, "decode", json_object_new_boolean(true));
	return wish;
}

size_t koji_ask_alive_tasks(struct koji_batch *batch, const char *method, uint64_t user)
{
	return koji_batch_add(batch, "listTasks", "o", tasks_wish(method, user, "014"));
}

size_t koji_ask_failed_tasks(struct koji_batch *batch, const char *method, uint64_t user,
			     int64_t since)
{
	struct json_object *wish = tasks_wish(method, user, "35");

	json_object_object_add(wish, "createdAfter", json_object_new_int64(since));
	return koji_batch_add(batch, "listTasks", "o", wish);
}

bool koji_expect_tasks(const struct koji_batch *batch, size_t call, const char *method,
		       struct outcome *outcome, struct json_object **ret)
{
	g_autofree char *what = g_strdup_printf("tasks of %s", method);
	struct json_object *tasks = NULL;

	if (!koji_expect(batch, call, json_type_array, what, outcome, &tasks))
		return false;
	for (size_t i = 0; tasks && i < json_object_array_length(tasks); i++) {
		struct json_object *task = json_object_array_get_idx(tasks, i);
		int64_t id = 0;

		if (!koji_number(task, "id", &id) || id <= 0 || !koji_array(task, "request") ||
		    g_strcmp0(koji_text(task, "method"), method) != 0)
			return koji_nonsense(outcome, what);
	}
	*ret = tasks;
	return tasks || koji_nonsense(outcome, what);
}
