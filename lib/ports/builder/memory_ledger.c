/* SPDX-License-Identifier: MIT */
#include "ports/builder/memory_ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

struct fault {
	char *slot;
	char *name;
	int code;
	int64_t times;
};

struct memory_ledger {
	char *path;
	int fd;
	off_t read_up_to;
	GHashTable *tasks; /* by id; owns */
	GHashTable *keys;  /* char * to struct memory_task, both borrowed */
	GHashTable *marks; /* a set of char * */
	GPtrArray *faults; /* struct fault */
	uint64_t last_id;
	GString *added; /* lines that wait for the unlock */
};

static void task_free(void *data)
{
	struct memory_task *task = data;

	g_free(task->key);
	g_free(task->component);
	g_free(task->nvr);
	g_free(task);
}

static void fault_free(void *data)
{
	struct fault *fault = data;

	g_free(fault->slot);
	g_free(fault->name);
	g_free(fault);
}

/* An empty world, as before the first line. */
static void forget(struct memory_ledger *ledger)
{
	g_hash_table_remove_all(ledger->keys);
	g_hash_table_remove_all(ledger->tasks);
	g_hash_table_remove_all(ledger->marks);
	g_ptr_array_set_size(ledger->faults, 0);
	g_string_truncate(ledger->added, 0);
	ledger->last_id = 0;
	ledger->read_up_to = 0;
}

static int64_t number_of(struct json_object *line, const char *key)
{
	return json_object_get_int64(json_object_object_get(line, key));
}

static const char *text_of(struct json_object *line, const char *key)
{
	const char *text = json_object_get_string(json_object_object_get(line, key));

	return text ? text : "";
}

static void apply_submit(struct memory_ledger *ledger, struct json_object *line)
{
	struct memory_task *task = g_new0(struct memory_task, 1);

	task->id = (uint64_t)number_of(line, "task");
	task->key = g_strdup(text_of(line, "key"));
	task->component = g_strdup(text_of(line, "component"));
	task->nvr = g_strdup(text_of(line, "nvr"));
	task->vanishes = json_object_get_boolean(json_object_object_get(line, "vanishes"));
	task->fails = json_object_get_boolean(json_object_object_get(line, "fails"));
	task->ms = number_of(line, "ms");
	task->polls = (uint64_t)number_of(line, "polls");
	task->at = number_of(line, "at");
	ledger->last_id = MAX(ledger->last_id, task->id);
	g_hash_table_replace(ledger->tasks, &task->id, task);
	g_hash_table_replace(ledger->keys, task->key, task);
}

static void apply_poll(struct memory_ledger *ledger, struct json_object *line)
{
	struct memory_task *task = memory_ledger_task(ledger, (uint64_t)number_of(line, "task"));

	if (task)
		task->polled++;
}

static void apply_cancel(struct memory_ledger *ledger, struct json_object *line)
{
	struct memory_task *task = memory_ledger_task(ledger, (uint64_t)number_of(line, "task"));

	if (task)
		task->is_canceled = true;
}

static void apply_mark(struct memory_ledger *ledger, struct json_object *line)
{
	g_hash_table_add(ledger->marks, g_strdup(text_of(line, "mark")));
}

static void apply_unmark(struct memory_ledger *ledger, struct json_object *line)
{
	g_hash_table_remove(ledger->marks, text_of(line, "mark"));
}

static int code_read(const char *name)
{
	for (int code = 0; code < RIDA_ERROR__COUNT; code++)
		if (strcmp(error_code_name((RidaError)code), name) == 0)
			return code;
	return RIDA_ERROR_INTERNAL;
}

static void apply_fault(struct memory_ledger *ledger, struct json_object *line)
{
	struct fault *fault = g_new0(struct fault, 1);

	fault->slot = g_strdup(text_of(line, "slot"));
	fault->name = g_strdup(text_of(line, "name"));
	fault->code = code_read(text_of(line, "code"));
	fault->times = number_of(line, "times");
	g_ptr_array_add(ledger->faults, fault);
}

static void apply_fault_used(struct memory_ledger *ledger, struct json_object *line)
{
	uint64_t number = (uint64_t)number_of(line, "fault");

	if (number < ledger->faults->len)
		((struct fault *)ledger->faults->pdata[number])->times--;
}

static const struct {
	const char *event;
	void (*apply)(struct memory_ledger *ledger, struct json_object *line);
} events[] = {
	{ "submit", apply_submit }, { "repo", apply_submit },
	{ "poll", apply_poll },     { "cancel", apply_cancel },
	{ "mark", apply_mark },     { "unmark", apply_unmark },
	{ "fault", apply_fault },   { "fault-used", apply_fault_used },
};

/* Lines of other events are notes for whoever reads the file. */
static void apply(struct memory_ledger *ledger, struct json_object *line)
{
	const char *event = text_of(line, "event");

	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		if (strcmp(events[i].event, event) == 0)
			events[i].apply(ledger, line);
}

bool memory_ledger_open(const char *path, struct memory_ledger **ret, GError **error)
{
	struct memory_ledger *ledger;
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the memory builder's file %s cannot be opened: %s", path,
			    g_strerror(errno));
	ledger = g_new0(struct memory_ledger, 1);
	ledger->path = g_strdup(path);
	ledger->fd = fd;
	ledger->tasks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, task_free);
	ledger->keys = g_hash_table_new(g_str_hash, g_str_equal);
	ledger->marks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	ledger->faults = g_ptr_array_new_with_free_func(fault_free);
	ledger->added = g_string_new(NULL);
	*ret = ledger;
	return true;
}

void memory_ledger_close(struct memory_ledger *ledger)
{
	if (!ledger)
		return;
	close(ledger->fd);
	g_hash_table_unref(ledger->keys);
	g_hash_table_unref(ledger->tasks);
	g_hash_table_unref(ledger->marks);
	g_ptr_array_unref(ledger->faults);
	g_string_free(ledger->added, TRUE);
	g_free(ledger->path);
	g_free(ledger);
}

static bool read_news(struct memory_ledger *ledger, size_t length, char **ret, GError **error)
{
	g_autofree char *text = g_malloc(length + 1);
	size_t filled = 0;

	while (filled < length) {
		ssize_t count = pread(ledger->fd, text + filled, length - filled,
				      ledger->read_up_to + (off_t)filled);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return fail(error, RIDA_ERROR_UNAVAILABLE, "%s cannot be read: %s",
				    ledger->path, count ? g_strerror(errno) : "it became shorter");
		filled += (size_t)count;
	}
	text[length] = 0;
	*ret = g_steal_pointer(&text);
	return true;
}

/* Under the lock nobody is writing: a last line without its end is of a writer that died. */
static bool cut_torn_line(struct memory_ledger *ledger, const char *text, size_t *length,
			  GError **error)
{
	const char *last = memrchr(text, '\n', *length);
	size_t whole = last ? (size_t)(last + 1 - text) : 0;

	if (whole == *length)
		return true;
	if (ftruncate(ledger->fd, ledger->read_up_to + (off_t)whole) != 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s cannot be repaired: %s",
			    ledger->path, g_strerror(errno));
	*length = whole;
	return true;
}

static bool take_in(struct memory_ledger *ledger, const char *text, size_t length, GError **error)
{
	const char *end = text + length;

	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		g_autoptr(JsonObject) line = NULL;

		if (!read_json(text, (size_t)(line_end - text), &line, error)) {
			g_prefix_error(error, "%s: ", ledger->path);
			return false;
		}
		apply(ledger, line);
		text = line_end + 1;
	}
	return true;
}

static bool catch_up(struct memory_ledger *ledger, GError **error)
{
	g_autofree char *text = NULL;
	struct stat facts;
	size_t length;

	if (fstat(ledger->fd, &facts) != 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s cannot be read: %s", ledger->path,
			    g_strerror(errno));
	if (facts.st_size < ledger->read_up_to)
		forget(ledger);
	length = (size_t)(facts.st_size - ledger->read_up_to);
	if (length == 0)
		return true;
	if (!read_news(ledger, length, &text, error) ||
	    !cut_torn_line(ledger, text, &length, error) || !take_in(ledger, text, length, error))
		return false;
	ledger->read_up_to += (off_t)length;
	return true;
}

bool memory_ledger_lock(struct memory_ledger *ledger, GError **error)
{
	while (flock(ledger->fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return fail(error, RIDA_ERROR_UNAVAILABLE, "%s cannot be locked: %s",
				    ledger->path, g_strerror(errno));
	if (catch_up(ledger, error))
		return true;
	forget(ledger);
	flock(ledger->fd, LOCK_UN);
	return false;
}

static bool write_added(struct memory_ledger *ledger, GError **error)
{
	size_t written = 0;

	while (written < ledger->added->len) {
		ssize_t count = write(ledger->fd, ledger->added->str + written,
				      ledger->added->len - written);

		if (count < 0 && errno != EINTR)
			return fail(error, RIDA_ERROR_UNAVAILABLE, "%s cannot be written: %s",
				    ledger->path, g_strerror(errno));
		written += count > 0 ? (size_t)count : 0;
	}
	ledger->read_up_to += (off_t)written;
	g_string_truncate(ledger->added, 0);
	return true;
}

bool memory_ledger_unlock(struct memory_ledger *ledger, GError **error)
{
	off_t before = ledger->read_up_to;
	bool is_good = write_added(ledger, error);

	/* What was not written did not happen; the next lock reads the file from its start. */
	if (!is_good) {
		if (ftruncate(ledger->fd, before) != 0)
			g_prefix_error(error, "(it could not be cut back: %s) ", g_strerror(errno));
		forget(ledger);
	}
	flock(ledger->fd, LOCK_UN);
	return is_good;
}

void memory_ledger_add(struct memory_ledger *ledger, struct json_object *line)
{
	apply(ledger, line);
	append_json(ledger->added, line);
	g_string_append_c(ledger->added, '\n');
	json_object_put(line);
}

struct memory_task *memory_ledger_task(struct memory_ledger *ledger, uint64_t id)
{
	return g_hash_table_lookup(ledger->tasks, &id);
}

struct memory_task *memory_ledger_find(struct memory_ledger *ledger, const char *key)
{
	return g_hash_table_lookup(ledger->keys, key);
}

uint64_t memory_ledger_next_id(const struct memory_ledger *ledger)
{
	return ledger->last_id + 1;
}

void memory_ledger_each_task(const struct memory_ledger *ledger, memory_task_fn *function,
			     void *data)
{
	GHashTableIter iterator;
	gpointer task;

	g_hash_table_iter_init(&iterator, ledger->tasks);
	while (g_hash_table_iter_next(&iterator, NULL, &task))
		function(task, data);
}

void memory_ledger_each_mark(const struct memory_ledger *ledger, const char *prefix,
			     memory_mark_fn *function, void *data)
{
	GHashTableIter iterator;
	gpointer mark;

	g_hash_table_iter_init(&iterator, ledger->marks);
	while (g_hash_table_iter_next(&iterator, &mark, NULL))
		if (g_str_has_prefix(mark, prefix))
			function(mark, data);
}

bool memory_ledger_has_mark(const struct memory_ledger *ledger, const char *mark)
{
	return g_hash_table_contains(ledger->marks, mark);
}

static bool fault_fits(const struct fault *fault, const char *slot, const char *build,
		       const char *component)
{
	if (fault->times <= 0 || strcmp(fault->slot, slot) != 0)
		return false;
	return !*fault->name || strcmp(fault->name, build) == 0 ||
	       strcmp(fault->name, component) == 0;
}

int memory_ledger_take_fault(struct memory_ledger *ledger, const char *slot, const char *build,
			     const char *component)
{
	for (guint i = 0; i < ledger->faults->len; i++) {
		const struct fault *fault = ledger->faults->pdata[i];
		struct json_object *line;

		if (!fault_fits(fault, slot, build, component))
			continue;
		line = json_object_new_object();
		json_object_object_add(line, "event", json_object_new_string("fault-used"));
		json_object_object_add(line, "fault", json_object_new_int64(i));
		memory_ledger_add(ledger, line);
		return fault->code;
	}
	return -1;
}
