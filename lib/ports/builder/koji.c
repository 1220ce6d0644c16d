/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji.h"

#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_slots.h"

/* The answer of a tag's listing, kept with its error. */
struct listing {
	struct koji_answer answer;
};

static void listing_free(gpointer data)
{
	struct listing *listing = data;

	koji_answers_clear(&listing->answer, 1);
	g_free(listing);
}

static bool koji_open(const struct builder_options *options, struct builder **ret, GError **error)
{
	struct koji_profile *profile;
	struct koji_builder *koji;

	if (!koji_profile_read(options->koji.profile, options->koji.config_file, &profile, error))
		return false;
	koji = g_new0(struct koji_builder, 1);
	koji->base.ops = &builder_koji;
	koji->options = options;
	koji->profile = profile;
	koji->session = koji_session_new(profile, options->koji.run_dir);
	koji->submitted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	koji->listings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, listing_free);
	*ret = &koji->base;
	return true;
}

static void koji_close(struct builder *builder)
{
	struct koji_builder *koji = koji_of(builder);

	g_hash_table_unref(koji->submitted);
	g_hash_table_unref(koji->listings);
	g_clear_pointer(&koji->doings, g_hash_table_unref);
	koji_session_free(koji->session);
	koji_profile_free(koji->profile);
	g_free(koji);
}

/* A hub that cannot be logged into is away for everybody, whatever the reason. */
static void koji_open_session(struct builder *builder, struct outcome *outcome)
{
	struct koji_builder *koji = koji_of(builder);

	outcome->is_outage = !koji_login(koji->session, &outcome->session_id, &outcome->error);
	koji->session_id = outcome->session_id;
}

char *koji_build_tag(const struct build *build)
{
	return g_strconcat(build->tag, "-build", NULL);
}

/* As Koji lays out its files. */
static char *koji_location(struct builder *builder, const struct build *build)
{
	const char *topurl = koji_of(builder)->profile->topurl;
	const bool has_slash = topurl && g_str_has_suffix(topurl, "/");

	if (!topurl || !*topurl || !build->tag || !*build->tag)
		return NULL;
	return g_strconcat(topurl, has_slash ? "" : "/", "repos/", build->tag, "-build/latest",
			   NULL);
}

bool koji_name_check(const struct koji_builder *koji, const char *name, GError **error)
{
	char *const *prefixes = koji->options->koji.tag_prefixes;

	for (size_t i = 0; prefixes[i]; i++) {
		const size_t length = strlen(prefixes[i]);

		if (length && strncmp(name, prefixes[i], length) == 0 && name[length] == '-')
			return true;
	}
	return fail(error, RIDA_ERROR_FORBIDDEN,
		    "\"%s\" does not start with one of koji_tag_prefixes: it is not ours to touch",
		    name);
}

void koji_blame(struct outcome *outcome, struct koji_answer *answer, const char *what)
{
	if (outcome->error || !answer->error)
		return;
	outcome->error = g_error_copy(answer->error);
	outcome->is_outage = answer->is_outage;
	g_prefix_error(&outcome->error, "%s: ", what);
}

void koji_take_error(struct koji_builder *koji, struct outcome *outcome, GError *error)
{
	uint64_t session_id;

	if (outcome->error) {
		g_error_free(error);
		return;
	}
	outcome->error = error;
	outcome->is_outage = !koji_login(koji->session, &session_id, NULL);
}

void koji_list_tags(struct koji_builder *koji, const char *const *tags, size_t count)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	g_autoptr(GPtrArray) asked = g_ptr_array_new();

	for (size_t i = 0; i < count; i++) {
		struct listing *listing;

		if (g_hash_table_contains(koji->listings, tags[i]))
			continue;
		listing = g_new0(struct listing, 1);
		g_hash_table_insert(koji->listings, g_strdup(tags[i]), listing);
		g_ptr_array_add(asked, listing);
		koji_batch_add(batch, "listTagged", "s", tags[i]);
	}
	koji_batch_read(batch, koji->session);
	for (guint i = 0; i < asked->len; i++) {
		struct listing *listing = g_ptr_array_index(asked, i);
		struct koji_answer *answer = koji_batch_answer(batch, i);

		listing->answer = *answer;
		*answer = (struct koji_answer){ 0 };
	}
}

struct json_object *koji_listing(const struct koji_builder *koji, const char *tag,
				 struct outcome *outcome)
{
	struct listing *listing = g_hash_table_lookup(koji->listings, tag);
	g_autofree char *what = g_strdup_printf("what is in tag %s cannot be listed", tag);

	g_assert(listing);
	koji_blame(outcome, &listing->answer, what);
	if (!listing->answer.error &&
	    !json_object_is_type(listing->answer.value, json_type_array)) {
		if (!outcome->error)
			fail(&outcome->error, RIDA_ERROR_UNAVAILABLE,
			     "%s: the hub does not answer with a list", what);
		return NULL;
	}
	return listing->answer.error ? NULL : listing->answer.value;
}

void koji_forget_listing(struct koji_builder *koji, const char *tag)
{
	g_hash_table_remove(koji->listings, tag);
}

const struct builder_ops builder_koji = {
	.name = "koji",
	.has_tags = true,
	.open = koji_open,
	.close = koji_close,
	.session = koji_open_session,
	.survey = koji_survey,
	.location = koji_location,
	.prepare_many = koji_prepare_many,
	.submit_many = koji_submit_many,
	.poll_many = koji_poll_many,
	.recover_many = koji_recover_many,
	.tag_many = koji_tag_many,
	.regenerate_many = koji_regenerate_many,
	.repo_ready_many = koji_repo_ready_many,
	.cancel_many = koji_cancel_many,
	.finish_many = koji_finish_many,
	.clean_many = koji_clean_many,
	.discard_many = koji_discard_many,
};
