/* SPDX-License-Identifier: MIT */
#include "cgi/build_details.h"

#include "base/error.h"
#include "cgi/build_id.h"
#include "cgi/log_files.h"
#include "store/build_store.h"
#include "store/delivery_store.h"
#include "store/effect_store.h"
#include "store/event_store.h"
#include "store/misc_store.h"

#define DELIVERIES_SHOWN 20

static void evidence_free(void *data)
{
	struct component_evidence *evidence = data;

	g_strfreev(evidence->logs);
	g_free(evidence->excerpt);
	g_free(evidence->excerpt_file);
	g_free(evidence);
}

static void trace_free(void *data)
{
	trace_row_clear(data);
	g_free(data);
}

static void warning_free(void *data)
{
	warning_clear(data);
	g_free(data);
}

void build_details_clear(struct build_details *details)
{
	build_free(details->build);
	g_clear_pointer(&details->evidence, g_ptr_array_unref);
	g_clear_pointer(&details->trace, g_ptr_array_unref);
	g_clear_pointer(&details->warnings, g_ptr_array_unref);
	g_clear_pointer(&details->deliveries, g_ptr_array_unref);
	build_watch_clear(&details->watch);
	*details = (struct build_details){ 0 };
}

typedef bool select_fn(struct db *db, uint64_t build_id, struct db_rows **ret, GError **error);

/* All rows of one of the build's tables. */
static bool collect(struct db *db, uint64_t id, select_fn *function, size_t size, GPtrArray *into,
		    GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	int r;

	if (!function(db, id, &rows, error))
		return false;
	do {
		g_ptr_array_add(into, g_malloc0(size));
		r = db_next(rows, into->pdata[into->len - 1], error);
	} while (r > 0);
	g_ptr_array_set_size(into, (int)into->len - 1);
	return r == 0;
}

/* What there is of each component, by its id; borrowed from the evidence. */
static GHashTable *index_components(const struct build_details *details)
{
	GHashTable *index = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (guint i = 0; i < details->build->components->len; i++) {
		struct component *component = details->build->components->pdata[i];

		g_hash_table_insert(index, &component->id, GUINT_TO_POINTER(i));
	}
	return index;
}

/* The evidence of a component when this is its latest attempt; otherwise NULL. */
static struct component_evidence *evidence_of(const struct build_details *details,
					      GHashTable *index, uint64_t component_id,
					      uint32_t attempt)
{
	const struct component *component;
	void *place;

	if (!g_hash_table_lookup_extended(index, &component_id, NULL, &place))
		return NULL;
	component = details->build->components->pdata[GPOINTER_TO_UINT(place)];
	return component->attempt == attempt ? details->evidence->pdata[GPOINTER_TO_UINT(place)]
					     : NULL;
}

static bool read_excerpts(struct db *db, struct build_details *details, GHashTable *index,
			  GError **error)
{
	struct log_excerpt excerpt = { 0 };
	g_autoptr(DbRows) rows = NULL;
	int r;

	if (!log_excerpt_store_select(db, details->build->id, &rows, error))
		return false;
	while ((r = db_next(rows, &excerpt, error)) > 0) {
		struct component_evidence *evidence =
			evidence_of(details, index, excerpt.component_id, excerpt.attempt);

		if (!evidence)
			continue;
		text_set(&evidence->excerpt, excerpt.excerpt);
		text_set(&evidence->excerpt_file, excerpt.file);
	}
	log_excerpt_clear(&excerpt);
	return r == 0;
}

static bool read_attempts(struct db *db, struct build_details *details, GHashTable *index,
			  GError **error)
{
	struct attempt attempt = { 0 };
	g_autoptr(DbRows) rows = NULL;
	int r;

	if (!attempt_store_select(db, details->build->id, &rows, error))
		return false;
	while ((r = db_next(rows, &attempt, error)) > 0) {
		struct component_evidence *evidence =
			evidence_of(details, index, attempt.component_id, attempt.attempt);

		if (!evidence)
			continue;
		evidence->started_at = attempt.started_at;
		evidence->finished_at = attempt.finished_at;
	}
	attempt_clear(&attempt);
	return r == 0;
}

static bool read_evidence(struct db *db, struct build_details *details, GError **error)
{
	g_autoptr(GHashTable) index = index_components(details);

	return read_attempts(db, details, index, error) && read_excerpts(db, details, index, error);
}

static void list_logs(const char *log_dir, struct build_details *details)
{
	details->evidence = g_ptr_array_new_with_free_func(evidence_free);
	for (guint i = 0; i < details->build->components->len; i++) {
		const struct component *component = details->build->components->pdata[i];
		struct component_evidence *evidence = g_new0(struct component_evidence, 1);

		if (component->attempt > 0)
			evidence->logs = log_files_list(log_dir, details->build->id,
							component->name, component->attempt);
		g_ptr_array_add(details->evidence, evidence);
	}
}

static bool read_build(struct db *db, uint64_t id, struct build **ret, GError **error)
{
	g_autoptr(GPtrArray) builds = NULL;

	if (!build_store_load_many(db, &id, 1, &builds, error))
		return false;
	if (builds->len == 0)
		return build_is_missing(id, error);
	*ret = g_ptr_array_steal_index(builds, 0);
	return true;
}

bool build_details_read(struct db *db, const struct config *config, uint64_t id,
			struct build_details *ret, GError **error)
{
	g_auto(BuildDetails) details = { .slots = config->num_concurrent_builds,
					 .has_gate = config->gate == GATE_EXTERNAL,
					 .koji_weburl = config->koji_weburl };

	if (!read_build(db, id, &details.build, error))
		return false;
	list_logs(config->log_dir, &details);
	details.trace = g_ptr_array_new_with_free_func(trace_free);
	details.warnings = g_ptr_array_new_with_free_func(warning_free);
	if (!collect(db, id, trace_store_select, sizeof(struct trace_row), details.trace, error) ||
	    !collect(db, id, warning_store_select, sizeof(struct warning), details.warnings,
		     error) ||
	    !read_evidence(db, &details, error) ||
	    !watch_store_read(db, id, &details.watch, error) ||
	    (*config->webhook_url &&
	     !delivery_store_list(db, id, DELIVERIES_SHOWN, &details.deliveries, error)))
		return false;
	*ret = details;
	details = (struct build_details){ 0 };
	return true;
}
