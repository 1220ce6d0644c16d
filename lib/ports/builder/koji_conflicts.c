/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_conflicts.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "model/macros_package.h"
#include "text/rpm_name.h"

struct koji_contents {
	struct koji_batch *batch;
	GHashTable *calls; /* name of a tag -> the number of its call, plus one */
};

static bool has_filter(const struct build_require *require)
{
	return require->filter && *require->filter && require->tag && *require->tag;
}

struct koji_contents *koji_contents_new(struct koji_builder *koji, const GPtrArray *const *requires,
					size_t count)
{
	struct koji_contents *contents = g_new0(struct koji_contents, 1);

	contents->batch = koji_batch_new();
	contents->calls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (size_t i = 0; i < count; i++)
		for (guint j = 0; requires[i] && j < requires[i]->len; j++) {
			const struct build_require *require = requires[i]->pdata[j];
			size_t call;

			if (!has_filter(require) ||
			    g_hash_table_contains(contents->calls, require->tag))
				continue;
			call = koji_batch_add(contents->batch, "listTaggedRPMS", "s*b",
					      require->tag, "latest", true);
			g_hash_table_insert(contents->calls, g_strdup(require->tag),
					    GSIZE_TO_POINTER(call + 1));
		}
	koji_batch_read(contents->batch, koji->session);
	return contents;
}

void koji_contents_free(struct koji_contents *contents)
{
	if (!contents)
		return;
	koji_batch_free(contents->batch);
	g_hash_table_unref(contents->calls);
	g_free(contents);
}

/* One package of the list; a filtered one has to be whole, or it would be let in. */
static bool take_package(struct json_object *rpm, char **names, GPtrArray *ret)
{
	const char *name = koji_text(rpm, "name");
	const char *version = koji_text(rpm, "version");
	const char *release = koji_text(rpm, "release");
	const char *arch = koji_text(rpm, "arch");
	struct rpm_name *taken;
	int64_t epoch = 0;

	if (!name || !arch)
		return false;
	if (strcmp(arch, "src") == 0 || !g_strv_contains((const char *const *)names, name))
		return true;
	koji_number(rpm, "epoch", &epoch);
	if (!version || !release || epoch < 0)
		return false;
	taken = g_new0(struct rpm_name, 1);
	taken->name = g_strdup(name);
	taken->epoch = (uint64_t)epoch;
	taken->version = g_strdup(version);
	taken->release = g_strdup(release);
	g_ptr_array_add(ret, taken);
	return true;
}

/* The answer is the packages and their builds. */
static bool take_packages(struct json_object *answer, const struct build_require *require,
			  GPtrArray *ret, GError **error)
{
	struct json_object *rpms = json_object_is_type(answer, json_type_array)
					   ? json_object_array_get_idx(answer, 0)
					   : NULL;
	g_auto(GStrv) names = g_strsplit(require->filter, " ", -1);
	bool is_good = json_object_is_type(rpms, json_type_array);

	for (size_t i = 0; is_good && i < json_object_array_length(rpms); i++)
		is_good = take_package(json_object_array_get_idx(rpms, i), names, ret);
	return is_good || fail(error, RIDA_ERROR_UNAVAILABLE,
			       "Koji does not list the packages of tag %s", require->tag);
}

static void conflicts_clear(gpointer data)
{
	struct macros_conflicts *conflicts = data;

	g_free((char *)(uintptr_t)conflicts->module);
	g_ptr_array_unref((GPtrArray *)(uintptr_t)conflicts->rpms);
}

static void add_conflicts(const struct koji_contents *contents, const struct build_require *require,
			  GArray *list, struct outcome *outcome)
{
	const size_t call =
		GPOINTER_TO_SIZE(g_hash_table_lookup(contents->calls, require->tag)) - 1;
	struct koji_answer *answer = koji_batch_answer(contents->batch, call);
	GPtrArray *rpms = g_ptr_array_new_with_free_func((GDestroyNotify)rpm_name_free);
	const struct macros_conflicts conflicts = {
		.module = g_strdup_printf("%s:%s:%" PRIu64 ":%s", require->name, require->stream,
					  require->version, require->context),
		.rpms = rpms,
	};

	koji_blame(outcome, answer, require->tag);
	if (!outcome->error)
		take_packages(answer->value, require, rpms, &outcome->error);
	g_array_append_val(list, conflicts);
}

GArray *koji_conflicts(const struct koji_contents *contents, const GPtrArray *requires,
		       struct outcome *outcome)
{
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(struct macros_conflicts));

	g_array_set_clear_func(list, conflicts_clear);
	for (guint i = 0; requires && i < requires->len && !outcome->error; i++)
		if (has_filter(requires->pdata[i]))
			add_conflicts(contents, requires->pdata[i], list, outcome);
	return outcome->error ? NULL : g_steal_pointer(&list);
}
