/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_listing.h"

#include "base/error.h"
#include "text/json.h"

#define PAGE      1000
#define PAGES_MAX 200

/* Ascending numbers, so that tasks that appear meanwhile move no other. */
static struct json_object *page_options(int64_t offset)
{
	struct json_object *options = json_object_new_object();

	json_object_object_add(options, "order", json_object_new_string("id"));
	json_object_object_add(options, "offset", json_object_new_int64(offset));
	json_object_object_add(options, "limit", json_object_new_int64(PAGE));
	return options;
}

static struct json_object *task_options(uint64_t user_id, int64_t since)
{
	struct json_object *options = json_object_new_object();

	json_object_object_add(options, "owner", json_object_new_int64((int64_t)user_id));
	json_object_object_add(options, "method", json_object_new_string("build"));
	json_object_object_add(options, "createdAfter", json_object_new_int64(since));
	json_object_object_add(options, "decode", json_object_new_boolean(true));
	return options;
}

/* What is done with what is listed. */
struct taker {
	koji_listed_fn *function;
	void *data;
};

/* One page; how many it held. */
static bool list_page(struct koji_builder *koji, const struct taker *taker,
		      struct json_object *options, int64_t offset, size_t *ret,
		      struct outcome *problem)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	struct koji_answer *answer;

	koji_batch_add(batch, "listTasks", "*oo", "opts", json_object_get(options), "queryOpts",
		       page_options(offset));
	koji_batch_read(batch, koji->session);
	answer = koji_batch_answer(batch, 0);
	koji_blame(problem, answer, "our build tasks cannot be listed");
	if (problem->error)
		return false;
	if (!json_object_is_type(answer->value, json_type_array))
		return fail(&problem->error, RIDA_ERROR_UNAVAILABLE,
			    "Koji does not list our build tasks");
	*ret = json_object_array_length(answer->value);
	for (size_t i = 0; i < *ret; i++)
		taker->function(json_object_array_get_idx(answer->value, i), taker->data);
	return true;
}

bool koji_list_builds(struct koji_builder *koji, int64_t since, koji_listed_fn *function,
		      void *data, struct outcome *problem)
{
	const struct taker taker = { function, data };
	g_autoptr(JsonObject) options = NULL;
	size_t count = PAGE;
	uint64_t user_id;

	if (!koji_user_id(koji->session, &user_id, &problem->error)) {
		problem->is_outage = true;
		return false;
	}
	options = task_options(user_id, since);
	for (int64_t page = 0; count == PAGE; page++) {
		if (page == PAGES_MAX)
			return fail(&problem->error, RIDA_ERROR_UNAVAILABLE,
				    "Koji lists more than %d build tasks of ours",
				    PAGES_MAX * PAGE);
		if (!list_page(koji, &taker, options, page * PAGE, &count, problem))
			return false;
	}
	return true;
}
