/* SPDX-License-Identifier: MIT */
#include "flow/requests.h"

#include "flow/work_notes.h"
#include "store/request_store.h"

/* Which states a request is good for, and the state that fulfils it (STATE__COUNT: none, it is done
 * at once). */
static const struct request_terms {
	int kind;
	unsigned states; /* bits */
	enum build_state fulfilled;
} request_terms[] = {
	{ REQUEST_CANCEL, 1u << BUILD_INIT | 1u << BUILD_WAIT | 1u << BUILD_BUILD, BUILD_FAILED },
	{ REQUEST_READY, 1u << BUILD_DONE, BUILD_STATE__COUNT },
	{ REQUEST_RESUME, 1u << BUILD_FAILED, BUILD_INIT },
	{ REQUEST_RETIRE, 1u << BUILD_READY, BUILD_GARBAGE },
	{ REQUEST_RELEASE, (1u << BUILD_STATE__COUNT) - 1, BUILD_STATE__COUNT },
};

static const struct request_terms *terms_of(int kind)
{
	for (size_t i = 0; i < G_N_ELEMENTS(request_terms); i++)
		if (request_terms[i].kind == kind)
			return &request_terms[i];
	return NULL;
}

const struct request *request_find(const struct work *work, int kind)
{
	for (guint i = 0; i < work->requests->len; i++) {
		const struct request *request = g_ptr_array_index(work->requests, i);

		if (request->kind == kind)
			return request;
	}
	return NULL;
}

bool requests_load(struct pass *pass, GError **error)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_autoptr(GHashTable) works = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GPtrArray) requests = NULL;

	for (guint i = 0; i < pass->works->len; i++) {
		struct work *work = g_ptr_array_index(pass->works, i);

		if (!work->is_active && !work->is_verifying)
			continue;
		g_ptr_array_set_size(work->requests, 0);
		g_array_append_val(ids, work->build->id);
		g_hash_table_insert(works, &work->build->id, work);
	}
	if (!ids->len)
		return true;
	if (!request_store_open(pass->db, (const uint64_t *)(void *)ids->data, ids->len, &requests,
				error))
		return false;
	g_ptr_array_set_free_func(requests, NULL);
	for (guint i = 0; i < requests->len; i++) {
		struct request *request = g_ptr_array_index(requests, i);
		struct work *work = g_hash_table_lookup(works, &request->build_id);

		if (work)
			g_ptr_array_add(work->requests, request);
		else
			request_free(request);
	}
	return true;
}

/* Whether the request stays open for the machine. */
static bool request_waits(struct work *work, const struct request *request)
{
	const struct request_terms *terms = terms_of(request->kind);
	const enum build_state state = work->build->state;
	g_autofree char *words = NULL;

	if (!terms || !(terms->states & 1u << state)) {
		words = g_strdup_printf("refused: the build is %s", build_states[state].name);
		work_end_request(work, request->id, words);
		return false;
	}
	if (terms->fulfilled != BUILD_STATE__COUNT)
		return true;
	if (request->kind == REQUEST_READY && !work->build->is_gate_open) {
		work->build->is_gate_open = true;
		work->is_changed = true;
	}
	work_end_request(work, request->id, "done");
	return false;
}

void requests_execute(struct work *work)
{
	for (guint i = 0; i < work->requests->len;) {
		if (request_waits(work, g_ptr_array_index(work->requests, i)))
			i++;
		else
			g_ptr_array_remove_index(work->requests, i);
	}
}

void requests_fulfil(struct work *work, enum build_state to)
{
	for (guint i = 0; i < work->requests->len;) {
		const struct request *request = g_ptr_array_index(work->requests, i);
		const struct request_terms *terms = terms_of(request->kind);
		/* A resumed build goes back to init or to wait. */
		const enum build_state reached = to == BUILD_WAIT ? BUILD_INIT : to;

		if (terms->fulfilled != reached) {
			i++;
			continue;
		}
		work_end_request(work, request->id, "done");
		g_ptr_array_remove_index(work->requests, i);
	}
}
