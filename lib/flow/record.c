/* SPDX-License-Identifier: MIT */
#include "flow/record.h"

#include "base/fault.h"
#include "flow/recorders.h"
#include "store/request_store.h"
#include "store/require_store.h"

/* So many builds are written between two looks at the leases. */
#define PORTION 256

/* What a save changes in the structs besides what the pass itself has set. */
struct component_memory {
	enum component_state state;
	uint32_t attempt;
	bool is_changed;
};
struct build_memory {
	enum build_state state;
	char *state_reason;
	enum failure_type failure_type;
	uint64_t gen;
	uint32_t event_seq;
	uint32_t batch;
	int64_t modified_at;
	int64_t completed_at;
	GArray *components; /* struct component_memory */
};

struct build_memory *build_memory_new(const struct build *build)
{
	struct build_memory *memory = g_new(struct build_memory, 1);

	*memory = (struct build_memory){
		.state = build->state,
		.state_reason = g_strdup(build->state_reason),
		.failure_type = build->failure_type,
		.gen = build->gen,
		.event_seq = build->event_seq,
		.batch = build->batch,
		.modified_at = build->modified_at,
		.completed_at = build->completed_at,
		.components = g_array_new(FALSE, FALSE, sizeof(struct component_memory)),
	};
	for (guint i = 0; i < build->components->len; i++) {
		const struct component *component = g_ptr_array_index(build->components, i);
		const struct component_memory row = {
			.state = component->state,
			.attempt = component->attempt,
			.is_changed = component->is_changed,
		};

		g_array_append_val(memory->components, row);
	}
	return memory;
}

void build_memory_restore(const struct build_memory *memory, struct build *build)
{
	build->state = memory->state;
	text_set(&build->state_reason, memory->state_reason);
	build->failure_type = memory->failure_type;
	build->gen = memory->gen;
	build->event_seq = memory->event_seq;
	build->batch = memory->batch;
	build->modified_at = memory->modified_at;
	build->completed_at = memory->completed_at;
	for (guint i = 0; i < build->components->len; i++) {
		struct component *component = g_ptr_array_index(build->components, i);
		const struct component_memory *row =
			&g_array_index(memory->components, struct component_memory, i);

		component->state = row->state;
		component->attempt = row->attempt;
		component->is_changed = row->is_changed;
	}
}

void build_memory_free(struct build_memory *memory)
{
	if (!memory)
		return;
	g_free(memory->state_reason);
	g_array_unref(memory->components);
	g_free(memory);
}

struct record {
	const struct pass *pass;
	struct work *work;
	const struct build_memory *memory;
};

/* The build is saved even when only its requests or effects have changed: that proves the fence. */
static bool record_build(struct db *db, const struct record *record, GError **error)
{
	struct work *work = record->work;
	const struct build_save save = { work->build,
					 { record->pass->wants->holder, work->claim.token } };

	if (work->move)
		return change_move(db, work->build, work->move, &save.fence, error);
	return build_store_save(db, &save, 1, error);
}

static bool record_attempts(struct db *db, const struct work *work, GError **error)
{
	return attempt_store_save_many(db, work->saved_attempts, error) &&
	       effect_store_end_many(db, work->ended_effects, error);
}

static bool record_words(struct db *db, const struct work *work, GError **error)
{
	const uint64_t id = work->build->id;

	for (guint i = 0; i < work->excerpts->len; i++)
		if (!log_excerpt_store_put(db, id, g_ptr_array_index(work->excerpts, i), error))
			return false;
	for (guint i = 0; i < work->warnings->len; i++) {
		const struct warning *warning = g_ptr_array_index(work->warnings, i);

		if (!warning_store_insert(db, id, warning->component, warning->text, error))
			return false;
	}
	if (work->has_new_requires && !require_store_put(db, id, work->requires, error))
		return false;
	for (int i = 0; i < (int)G_N_ELEMENTS(work->documents); i++)
		if (work->documents[i] &&
		    !modulemd_store_put(db, id, (enum modulemd_kind)i, work->documents[i], error))
			return false;
	return true;
}

static bool record_requests(struct db *db, const struct work *work, GError **error)
{
	for (guint i = 0; i < work->ended_requests->len; i++) {
		const struct request_end *end = g_ptr_array_index(work->ended_requests, i);

		if (!request_store_close(db, end->id, end->outcome, error))
			return false;
	}
	return true;
}

static bool record_all(struct db *db, void *data, GError **error)
{
	const struct record *record = data;

	build_memory_restore(record->memory, record->work->build);
	return record_attempts(db, record->work, error) && record_words(db, record->work, error) &&
	       record_requests(db, record->work, error) && record_build(db, record, error) &&
	       fault_point(FAULT_IN_RECORD, error);
}

bool record_has_news(const struct work *work)
{
	for (size_t i = 0; i < G_N_ELEMENTS(work->documents); i++)
		if (work->documents[i])
			return true;
	return work->is_changed || work->has_new_requires || work->ended_effects->len ||
	       work->ended_requests->len || work->saved_attempts->len || work->excerpts->len ||
	       work->warnings->len;
}

static void forget_pending(struct work *work)
{
	work->is_changed = false;
	work->has_new_requires = false;
	g_ptr_array_set_size(work->ended_effects, 0);
	g_ptr_array_set_size(work->ended_requests, 0);
	g_ptr_array_set_size(work->saved_attempts, 0);
	g_ptr_array_set_size(work->excerpts, 0);
	g_ptr_array_set_size(work->warnings, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(work->documents); i++)
		g_clear_pointer(&work->documents[i], g_free);
}

static bool is_idle(const struct work *work)
{
	return work->is_torn || (!work->move && !record_has_news(work));
}

/* May run in a thread of its own: touches this build only. */
static void record_one(struct db *db, void *item, void *data)
{
	struct work *work = item;
	g_autoptr(BuildMemory) memory = build_memory_new(work->build);
	struct record record = { .pass = data, .work = work, .memory = memory };
	GError *problem = NULL;

	if (!db_transact(db, record_all, &record, &problem) ||
	    !fault_point(FAULT_AFTER_RECORD, &problem)) {
		work_tear(work, problem);
		return;
	}
	forget_pending(work);
	work->is_active = !work->error || work->move;
	work->has_moved = true;
}

void record_works(struct pass *pass, GPtrArray *works)
{
	for (guint done = 0; done < works->len;) {
		g_autoptr(GPtrArray) some = g_ptr_array_new();

		pass_renew(pass);
		for (; done < works->len && some->len < PORTION; done++) {
			struct work *work = g_ptr_array_index(works, done);

			if (!is_idle(work))
				g_ptr_array_add(some, work);
		}
		recorders_run(pass->recorders, pass->db, some, record_one, pass);
		for (guint i = 0; i < some->len; i++)
			pass->report->recorded += !((struct work *)some->pdata[i])->is_torn;
	}
}

void record_work(struct pass *pass, struct work *work)
{
	g_autoptr(GPtrArray) one = g_ptr_array_new();

	g_ptr_array_add(one, work);
	record_works(pass, one);
}
