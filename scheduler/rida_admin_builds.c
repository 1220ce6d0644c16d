/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "model/names.h"
#include "store/build_store.h"
#include "store/claim_store.h"
#include "store/list_store.h"
#include "store/request_store.h"

/* Who asks: the system's user, when that name can be one of ours. */
static const char *caller(void)
{
	const char *user = g_get_user_name();

	return name_is_valid(NAME_OWNER, user) ? user : "operator";
}

static bool read_id(const char *text, uint64_t *ret, GError **error)
{
	if (strict_u64(text, 1, INT64_MAX, ret, error))
		return true;
	g_prefix_error(error, "the build's id: ");
	return false;
}

/* A request that makes sense only in some states (bits). */
static bool request(struct admin *admin, const char *id_text, enum request_kind kind,
		    unsigned states, GError **error)
{
	g_autoptr(Build) build = NULL;
	uint64_t id;

	if (!read_id(id_text, &id, error) || !build_store_find(admin->db, id, &build, error))
		return false;
	if (!(states & (1U << build->state)))
		return fail(error, RIDA_ERROR_CONFLICT,
			    "build %" PRIu64 " is %s: this cannot be done now", id,
			    build_states[build->state].name);
	if (!request_store_insert(admin->db, id, kind, caller(), error))
		return false;
	printf("build %" PRIu64 ": the next pass does it\n", id);
	return true;
}

bool admin_cancel(struct admin *admin, char **arguments, GError **error)
{
	return request(admin, arguments[0], REQUEST_CANCEL,
		       1U << BUILD_INIT | 1U << BUILD_WAIT | 1U << BUILD_BUILD, error);
}

bool admin_retry(struct admin *admin, char **arguments, GError **error)
{
	return request(admin, arguments[0], REQUEST_RESUME, 1U << BUILD_FAILED, error);
}

static bool make_due(struct admin *admin, const char *id_text, bool end_quarantine, GError **error)
{
	uint64_t id;

	if (!read_id(id_text, &id, error) ||
	    !claim_store_make_due(admin->db, id, end_quarantine, error))
		return false;
	printf("build %" PRIu64 " is due now\n", id);
	return true;
}

bool admin_due(struct admin *admin, char **arguments, GError **error)
{
	return make_due(admin, arguments[0], false, error);
}

bool admin_release(struct admin *admin, char **arguments, GError **error)
{
	return make_due(admin, arguments[0], true, error);
}

bool admin_hold(struct admin *admin, char **arguments, GError **error)
{
	g_autofree char *reason = g_strdup_printf("held by %s", caller());
	uint64_t id;

	if (!read_id(arguments[0], &id, error) || !claim_store_hold(admin->db, id, reason, error))
		return false;
	printf("build %" PRIu64 " is left alone until it is released\n", id);
	return true;
}

/* Which modules to retire; borrows from the parts. */
struct wanted {
	const char *name, *stream, *context; /* context NULL: any */
	uint64_t version;                    /* 0: any */
};

static bool read_wanted(char **parts, struct wanted *ret, GError **error)
{
	const guint count = g_strv_length(parts);

	if (count < 2 || count > 4)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "NAME:STREAM[:VERSION[:CONTEXT]] is wanted");
	ret->name = parts[0];
	ret->stream = parts[1];
	if (count > 2 && !strict_u64(parts[2], 1, INT64_MAX, &ret->version, error))
		return false;
	ret->context = count > 3 ? parts[3] : NULL;
	return true;
}

static bool is_wanted(const struct wanted *wanted, const struct build *build)
{
	return (!wanted->version || wanted->version == build->version) &&
	       (!wanted->context || strcmp(wanted->context, build->context) == 0);
}

static bool find_ready(struct db *db, const struct wanted *wanted, GArray *ids, GError **error)
{
	const struct build_filter filter = {
		.state = BUILD_READY,
		.name = wanted->name,
		.stream = wanted->stream,
	};
	const struct build_page page = { 0 };
	g_autoptr(DbRows) rows = NULL;
	struct build_row row = { 0 };
	int got;

	if (!list_store_select(db, &filter, &page, &rows, error))
		return false;
	while ((got = db_next(rows, &row, error)) > 0) {
		if (!is_wanted(wanted, &row.build))
			continue;
		g_array_append_val(ids, row.build.id);
		printf("build %" PRIu64 ": %s:%s:%" PRIu64 ":%s\n", row.build.id, row.build.name,
		       row.build.stream, row.build.version, row.build.context);
	}
	build_row_clear(&row);
	return got == 0;
}

static bool is_confirmed(const struct admin *admin)
{
	int answer;

	if (admin->is_confirmed)
		return true;
	fputs("Retire these modules? [y/N] ", stdout);
	fflush(stdout);
	answer = getchar();
	return answer == 'y' || answer == 'Y';
}

bool admin_retire(struct admin *admin, char **arguments, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(arguments[0], ":", -1);
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	struct wanted wanted = { 0 };

	if (!read_wanted(parts, &wanted, error) || !find_ready(admin->db, &wanted, ids, error))
		return false;
	if (!ids->len)
		return fail(error, RIDA_ERROR_MISSING, "%s: no ready module is called so",
			    arguments[0]);
	if (!is_confirmed(admin))
		return fail(error, RIDA_ERROR_CONFLICT, "nothing was done");
	for (guint i = 0; i < ids->len; i++) {
		if (!request_store_insert(admin->db, g_array_index(ids, uint64_t, i),
					  REQUEST_RETIRE, caller(), error))
			return false;
	}
	puts("the next pass does it");
	return true;
}
