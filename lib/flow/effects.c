/* SPDX-License-Identifier: MIT */
#include "flow/effects.h"

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "flow/record.h"
#include "flow/requires.h"
#include "flow/work_notes.h"
#include "model/batch.h"
#include "model/names.h"

/* Steps of whole builds: one call, one outcome each, one fact. */
typedef void build_slot_fn(struct builder *builder, const struct build_want *wants, size_t count,
			   struct outcome *outcomes);
/* Whether the step is done. */
typedef bool learn_fn(struct work *work, struct outcome *outcome);

struct build_step {
	enum effect_kind kind;
	bool wants_modulemd;
	bool wants_source;
	build_slot_fn *(*slot)(const struct builder_ops *ops);
	learn_fn *learn;
};

#define SLOT(name)                                                                                 \
	static build_slot_fn *slot_##name(const struct builder_ops *ops)                           \
	{                                                                                          \
		return ops->name##_many;                                                           \
	}
SLOT(prepare)
SLOT(tag)
SLOT(regenerate)
SLOT(finish)
SLOT(clean)
SLOT(discard)

static bool learn_prepared(struct work *work, struct outcome *outcome)
{
	for (guint i = 0; outcome->weights && i < work->build->components->len; i++) {
		struct component *component = g_ptr_array_index(work->build->components, i);

		component->is_changed |= component->weight < outcome->weights[i] ||
					 component->weight > outcome->weights[i];
		component->weight = outcome->weights[i];
	}
	work->build->is_prepared = true;
	return true;
}

static bool learn_tagged(struct work *work, struct outcome *outcome)
{
	const struct batch_view view = batch_view(work->build);

	if (!outcome->is_ready)
		return false;
	for (guint i = 0; i < work->build->components->len; i++) {
		struct component *component = g_ptr_array_index(work->build->components, i);

		if (component->batch > view.usable || component->tagged ||
		    component->state != COMPONENT_COMPLETE)
			continue;
		component->tagged = true;
		component->is_changed = true;
	}
	return true;
}

static bool learn_regenerated(struct work *work, struct outcome *outcome)
{
	work->build->repo_task_id = outcome->is_ready ? 0 : outcome->task_id;
	if (outcome->is_ready)
		work->build->repo_batch = batch_view(work->build).needs_repo;
	return outcome->is_ready || outcome->task_id;
}

static bool learn_finished(struct work *work, struct outcome *outcome)
{
	if (!outcome->is_ready)
		return false;
	if (outcome->reason)
		log_warning("module-partly-published", log_u64("build", work->build->id),
			    log_text("reason", outcome->reason));
	work->build->is_finished = true;
	work->documents[MODULEMD_FINAL] = g_steal_pointer(&outcome->modulemd);
	return true;
}

static bool learn_cleaned(struct work *work, struct outcome *outcome G_GNUC_UNUSED)
{
	work->build->is_cleaned = true;
	work->build->is_prepared = false;
	return true;
}

static bool learn_discarded(struct work *work, struct outcome *outcome G_GNUC_UNUSED)
{
	work->build->is_discarded = true;
	return true;
}

static const struct build_step build_steps[STEP__COUNT] = {
	[STEP_PREPARE] = { EFFECT_PREPARE, true, false, slot_prepare, learn_prepared },
	[STEP_TAG] = { EFFECT_TAG, false, false, slot_tag, learn_tagged },
	[STEP_REGENERATE] = { EFFECT_REGENERATE, false, false, slot_regenerate, learn_regenerated },
	[STEP_FINISH] = { EFFECT_FINISH, true, true, slot_finish, learn_finished },
	[STEP_CLEAN] = { EFFECT_CLEAN, false, false, slot_clean, learn_cleaned },
	[STEP_DISCARD] = { EFFECT_DISCARD, false, false, slot_discard, learn_discarded },
};

static struct work *work_at(const GPtrArray *works, guint i)
{
	return g_ptr_array_index(works, i);
}

void works_need_modulemd(struct pass *pass, GPtrArray *works)
{
	g_autoptr(GHashTable) missing = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_autoptr(GPtrArray) documents = NULL;
	g_autoptr(GError) problem = NULL;

	for (guint i = 0; i < works->len; i++) {
		struct work *work = work_at(works, i);

		if (work->modulemd)
			continue;
		g_array_append_val(ids, work->build->id);
		g_hash_table_insert(missing, &work->build->id, work);
	}
	if (ids->len &&
	    modulemd_store_load(pass->db, MODULEMD_STORED, (const uint64_t *)(void *)ids->data,
				ids->len, &documents, &problem))
		for (guint i = 0; i < documents->len; i++) {
			struct modulemd *document = g_ptr_array_index(documents, i);
			struct work *work = g_hash_table_lookup(missing, &document->build_id);

			work->modulemd = g_steal_pointer(&document->text);
		}
	for (guint i = works->len; i > 0; i--) {
		struct work *work = work_at(works, i - 1);

		if (work->modulemd)
			continue;
		work_fail(work, problem ? g_error_copy(problem)
					: g_error_new(RIDA_ERROR, RIDA_ERROR_MISSING,
						      "the build has no document"));
		g_ptr_array_remove_index(works, i - 1);
	}
}

static const char *const kind_names[] = {
	[EFFECT_SUBMIT] = "submit", [EFFECT_PREPARE] = "prepare",
	[EFFECT_TAG] = "tag",       [EFFECT_REGENERATE] = "regenerate",
	[EFFECT_FINISH] = "finish", [EFFECT_CANCEL] = "cancel",
	[EFFECT_CLEAN] = "clean",   [EFFECT_DISCARD] = "discard",
};

/* Effects of a batch are numbered by epoch and batch, the others by epoch. */
#define BATCHES_PER_EPOCH 10000
static uint32_t effect_number(const struct build *build, enum effect_kind kind)
{
	const bool is_of_batch = kind == EFFECT_TAG || kind == EFFECT_REGENERATE;

	return build->epoch * BATCHES_PER_EPOCH + (is_of_batch ? batch_view(build).usable : 0);
}

struct intents {
	const GArray *effects;
	const GArray *claims; /* of their builds */
};

static bool intend_all(struct db *db, void *data, GError **error)
{
	const struct intents *intents = data;

	return claim_store_prove(db, (const struct claim *)(const void *)intents->claims->data,
				 intents->claims->len, error) &&
	       effect_store_intend(db, (const struct effect *)(const void *)intents->effects->data,
				   intents->effects->len, error) &&
	       fault_point(FAULT_IN_INTENT, error);
}

bool effects_intend(struct pass *pass, GPtrArray *works, enum effect_kind kind,
		    GPtrArray **ret_keys)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) effects = g_array_new(FALSE, TRUE, sizeof(struct effect));
	g_autoptr(GPtrArray) owners = g_ptr_array_new(); /* of each effect */
	g_autoptr(GArray) claims = g_array_new(FALSE, FALSE, sizeof(struct claim));
	struct intents intents = { effects, claims };
	g_autoptr(GError) problem = NULL;

	for (guint i = 0; i < works->len; i++) {
		struct work *work = work_at(works, i);
		const uint32_t number = effect_number(work->build, kind);
		char *key = idempotency_key(work->build->uuid, "", kind_names[kind], number);
		const struct effect effect = { .build_id = work->build->id,
					       .kind = kind,
					       .number = number,
					       .idem_key = key,
					       .token = work->claim.token };

		g_ptr_array_add(keys, key);
		if (!g_hash_table_contains(work->intents, key)) {
			g_array_append_val(effects, effect);
			g_array_append_val(claims, work->claim);
			g_ptr_array_add(owners, work);
		}
	}
	if (effects->len && (!db_transact(pass->db, intend_all, &intents, &problem) ||
			     !fault_point(FAULT_AFTER_INTENT, &problem))) {
		for (guint i = 0; i < works->len; i++)
			work_fail(work_at(works, i), g_error_copy(problem));
		return false;
	}
	for (guint i = 0; i < effects->len; i++)
		work_intend(g_ptr_array_index(owners, i),
			    &g_array_index(effects, struct effect, i));
	*ret_keys = g_steal_pointer(&keys);
	pass_renew(pass);
	return !pass->is_lost;
}

static void build_step_learn(struct pass *pass, struct work *work, const char *key,
			     struct outcome *outcome)
{
	const struct build_step *step = &build_steps[work->rule->step];
	const struct effect_end end = { .idem_key = (char *)(uintptr_t)key,
					.state = EFFECT_DONE,
					.external_id = outcome->task_id };
	const struct effect_end reserved = { .idem_key = (char *)(uintptr_t)key,
					     .state = EFFECT_INTENDED,
					     .reservation = outcome->reservation };

	if (outcome->error) {
		work_step_failed(work, outcome);
		return;
	}
	if (outcome->reservation) {
		work_end_effect(work, &reserved);
		work->is_changed = true;
	}
	if (!step->learn(work, outcome))
		return;
	work->is_changed = true;
	work_end_effect(work, &end);
	pass->report->performed++;
}

/* The texts as they were submitted; a build can do without. */
static bool wants_read_sources(struct pass *pass, struct build_want *wants, const GPtrArray *works,
			       GPtrArray **ret_documents, GError **error)
{
	g_autoptr(GHashTable) by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));

	for (guint i = 0; i < works->len; i++) {
		g_array_append_val(ids, work_at(works, i)->build->id);
		g_hash_table_insert(by_id, &work_at(works, i)->build->id, &wants[i]);
	}
	if (!modulemd_store_load(pass->db, MODULEMD_SOURCE, (const uint64_t *)(void *)ids->data,
				 ids->len, ret_documents, error))
		return false;
	for (guint i = 0; i < (*ret_documents)->len; i++) {
		const struct modulemd *document = g_ptr_array_index(*ret_documents, i);
		struct build_want *want = g_hash_table_lookup(by_id, &document->build_id);

		want->source = document->text;
	}
	return true;
}

static void perform_build_step(struct pass *pass, struct builder *builder, GPtrArray *works)
{
	const struct build_step *step = &build_steps[work_at(works, 0)->rule->step];
	g_autofree struct build_want *wants = g_new0(struct build_want, works->len);
	g_autofree struct outcome *outcomes = g_new0(struct outcome, works->len);
	g_autoptr(GPtrArray) sources = NULL;
	g_autoptr(GPtrArray) keys = NULL;
	g_autoptr(GError) problem = NULL;

	if (step->wants_modulemd) {
		works_need_modulemd(pass, works);
		works_need_requires(pass, works);
	}
	if (!works->len || !effects_intend(pass, works, step->kind, &keys))
		return;
	for (guint i = 0; i < works->len; i++) {
		const struct work *work = work_at(works, i);
		const char *key = g_ptr_array_index(keys, i);
		const struct effect *intent = g_hash_table_lookup(work->intents, key);

		wants[i] = (struct build_want){ .build = work->build,
						.modulemd = work->modulemd,
						.requires = work->requires,
						.idem_key = key,
						.reservation = intent->reservation };
	}
	if (step->wants_source && !wants_read_sources(pass, wants, works, &sources, &problem)) {
		for (guint i = 0; i < works->len; i++)
			work_fail(work_at(works, i), g_error_copy(problem));
		return;
	}
	step->slot(builder->ops)(builder, wants, works->len, outcomes);
	pass_renew(pass);
	for (guint i = 0; i < works->len; i++)
		build_step_learn(pass, work_at(works, i), wants[i].idem_key, &outcomes[i]);
	record_works(pass, works);
	outcomes_clear(outcomes, works->len);
}

/* In the order in which they are performed in a round: what frees slots comes first. */
static const struct {
	enum step step;
	bool needs_builder;
	performer_fn *perform;
} performers[] = {
	{ STEP_CANCEL, true, perform_cancel },      { STEP_CLEAN, true, perform_build_step },
	{ STEP_RECOVER, true, perform_recover },    { STEP_PREPARE, true, perform_build_step },
	{ STEP_TAG, true, perform_build_step },     { STEP_REGENERATE, true, perform_build_step },
	{ STEP_START, true, perform_start },        { STEP_FINISH, true, perform_build_step },
	{ STEP_DISCARD, true, perform_build_step }, { STEP_VERIFY, false, perform_verify },
};
G_STATIC_ASSERT(G_N_ELEMENTS(performers) == STEP__COUNT - 1);

/* The works whose builder is that of the first one; they leave the array. */
static GPtrArray *take_group(GPtrArray *works)
{
	const char *name = work_at(works, 0)->build->builder;
	GPtrArray *group = g_ptr_array_new();
	guint left = 0;

	for (guint i = 0; i < works->len; i++) {
		struct work *work = work_at(works, i);

		if (g_strcmp0(work->build->builder, name) == 0)
			g_ptr_array_add(group, work);
		else
			works->pdata[left++] = work;
	}
	g_ptr_array_set_size(works, (gint)left);
	return group;
}

/*
 * Calls the function for a few works first, then for more while that goes quickly, so that the
 * leases are renewed in time when each work takes long.
 */
static void perform_in_portions(struct pass *pass, struct builder *builder, const GPtrArray *works,
				performer_fn *function)
{
	guint portion = 1;

	for (guint done = 0; done < works->len;) {
		const int64_t started = g_get_monotonic_time();
		const guint end = MIN(works->len, done + portion);
		g_autoptr(GPtrArray) some = g_ptr_array_new();

		pass_renew(pass);
		if (pass_is_over(pass))
			return;
		for (; done < end; done++)
			g_ptr_array_add(some, g_ptr_array_index(works, done));
		function(pass, builder, some);
		if (g_get_monotonic_time() - started < G_USEC_PER_SEC)
			portion *= 8;
		else
			portion = MAX(portion / 2, 1);
	}
}

void effects_by_builder(struct pass *pass, GPtrArray *works, performer_fn *function)
{
	while (works->len) {
		g_autoptr(GPtrArray) group = take_group(works);
		g_autoptr(GError) problem = NULL;
		struct builder *builder =
			builders_get(pass->builders, work_at(group, 0)->build->builder, &problem);

		if (builder)
			perform_in_portions(pass, builder, group, function);
		for (guint i = 0; problem && i < group->len; i++) {
			work_at(group, i)->is_uncounted = true;
			work_fail(work_at(group, i), g_error_copy(problem));
		}
	}
}

void effects_perform(struct pass *pass)
{
	for (size_t i = 0; i < G_N_ELEMENTS(performers) && !pass_is_over(pass); i++) {
		g_autoptr(GPtrArray) works = g_ptr_array_new();

		for (guint j = 0; j < pass->works->len; j++) {
			struct work *work = work_at(pass->works, j);

			if (work->rule && work->rule->step == performers[i].step && !work->error)
				g_ptr_array_add(works, work);
		}
		if (!works->len)
			continue;
		if (performers[i].needs_builder)
			effects_by_builder(pass, works, performers[i].perform);
		else
			performers[i].perform(pass, NULL, works);
	}
}
