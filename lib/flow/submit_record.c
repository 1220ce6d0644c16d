/* SPDX-License-Identifier: MIT */
#include "flow/submit_record.h"

#include <string.h>

#include "base/error.h"
#include "base/fault.h"
#include "base/strict.h"
#include "flow/change.h"
#include "store/misc_store.h"
#include "store/request_store.h"

struct record {
	const struct submit_wants *wants;
	struct submit_source *source;
	const char *document; /* as it is built */
	const GPtrArray *warnings;
	struct submit_answer *answer;
};

bool submit_recall(struct db *db, const struct submit_wants *wants, bool *ret_is_known,
		   struct submit_answer *ret, GError **error)
{
	struct idempotency old = { 0 };
	g_autoptr(GError) problem = NULL;
	bool is_same;

	*ret_is_known = false;
	if (!wants->idempotency_key)
		return true;
	if (!idempotency_store_find(db, wants->owner, wants->idempotency_key, &old, &problem)) {
		if (error_code(problem) == RIDA_ERROR_MISSING)
			return true;
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	is_same = strcmp(old.digest, wants->digest) == 0;
	if (!is_same)
		fail(error, RIDA_ERROR_UNACCEPTABLE,
		     "this Idempotency-Key was used with another body: use a new key");
	else if (!strict_u64(old.location, 1, G_MAXUINT64, &ret->id, error))
		is_same = false;
	else {
		ret->result = (enum submit_result)old.status;
		ret->reasons = ret->result == SUBMIT_REJECTED ? g_strdup(old.body) : NULL;
		*ret_is_known = true;
	}
	idempotency_clear(&old);
	return is_same;
}

/* The key's row holds the result, the id and the reasons; the web makes the same answer of them. */
static bool remember(struct db *db, const struct record *record, GError **error)
{
	const struct submit_answer *answer = record->answer;
	char id[24];
	char digest[65];
	char empty[1] = "";
	struct idempotency row = {
		.digest = digest,
		.status = answer->result,
		.location = id,
		.body = answer->reasons ? answer->reasons : empty,
	};

	if (!record->wants->idempotency_key)
		return true;
	g_snprintf(id, sizeof id, "%" G_GUINT64_FORMAT, answer->id);
	g_strlcpy(digest, record->wants->digest, sizeof digest);
	return idempotency_store_insert(db, record->wants->owner, record->wants->idempotency_key,
					&row, error);
}

/* A warning begins with its component's name and a colon. */
static bool put_warning(struct db *db, uint64_t build_id, const char *line, GError **error)
{
	const char *colon = strstr(line, ": ");
	g_autofree char *component = g_strndup(line, colon ? (gsize)(colon - line) : 0);

	return warning_store_insert(db, build_id, component, colon ? colon + 2 : line, error);
}

static bool insert_new(struct db *db, void *data, GError **error)
{
	struct record *record = data;
	struct build *build = record->source->build;

	if (!change_insert(db, build, record->wants->owner, error) ||
	    !modulemd_store_put(db, build->id, MODULEMD_STORED, record->document, error) ||
	    !modulemd_store_put(db, build->id, MODULEMD_SOURCE, record->source->text, error))
		return false;
	for (guint i = 0; record->warnings && i < record->warnings->len; i++)
		if (!put_warning(db, build->id, g_ptr_array_index(record->warnings, i), error))
			return false;
	record->answer->id = build->id;
	return remember(db, record, error) && fault_point(FAULT_IN_SUBMISSION, error);
}

bool submit_record_new(struct db *db, const struct submit_wants *wants,
		       struct submit_source *source, const GPtrArray *warnings,
		       struct submit_answer *ret, GError **error)
{
	const struct build *build = source->build;
	bool is_failed = build->state == BUILD_FAILED;
	g_autofree char *document = NULL;
	struct record record = {
		.wants = wants, .source = source, .warnings = warnings, .answer = ret
	};

	if (!submit_document(build, source->text, NULL, &document, error))
		return false;
	record.document = document;
	ret->result = is_failed ? SUBMIT_REJECTED : SUBMIT_CREATED;
	ret->reasons = is_failed ? g_strdup(build->state_reason) : NULL;
	return db_transact(db, insert_new, &record, error) &&
	       fault_point(FAULT_AFTER_SUBMISSION, error);
}

static bool insert_resume(struct db *db, void *data, GError **error)
{
	struct record *record = data;
	bool is_open;

	if (!request_store_is_open(db, record->answer->id, REQUEST_RESUME, &is_open, error))
		return false;
	if (!is_open && !request_store_insert(db, record->answer->id, REQUEST_RESUME,
					      record->wants->owner, error))
		return false;
	return remember(db, record, error) && fault_point(FAULT_IN_RESUME, error);
}

bool submit_record_resume(struct db *db, const struct submit_wants *wants, uint64_t build_id,
			  struct submit_answer *ret, GError **error)
{
	struct record record = { .wants = wants, .answer = ret };

	ret->result = SUBMIT_RESUMED;
	ret->id = build_id;
	return db_transact(db, insert_resume, &record, error) &&
	       fault_point(FAULT_AFTER_RESUME, error);
}
