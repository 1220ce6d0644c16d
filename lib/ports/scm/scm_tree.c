/* SPDX-License-Identifier: MIT */
#include "ports/scm/scm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strict.h"
#include "ports/scm/scm_git.h"

#define ENTRIES_MAX 10000
#define LISTING_MAX (4 * 1024 * 1024)
#define COPY_BYTES  65536

void scm_entry_free(struct scm_entry *entry)
{
	if (!entry)
		return;
	g_free(entry->name);
	g_free(entry);
}

static void tree_entry_free(struct tree_entry *entry)
{
	if (!entry)
		return;
	g_free(entry->entry.name);
	g_free(entry->object);
	g_free(entry);
}
typedef struct tree_entry TreeEntry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TreeEntry, tree_entry_free)

/* Reads "<mode> <type> <object> <size>\t<name>"; the size is padded with blanks, "-" but for files.
 */
static struct tree_entry *entry_read(const char *line)
{
	g_autoptr(TreeEntry) entry = g_new0(struct tree_entry, 1);
	g_autofree char *facts = NULL;
	g_auto(GStrv) words = NULL;
	const char *tab = strchr(line, '\t');

	if (!tab)
		return NULL;
	facts = g_strndup(line, (size_t)(tab - line));
	words = g_strsplit(facts, " ", 4);
	if (g_strv_length(words) != 4)
		return NULL;
	entry->entry.is_regular =
		g_str_equal(words[0], "100644") || g_str_equal(words[0], "100755");
	if (entry->entry.is_regular &&
	    !strict_u64(g_strchug(words[3]), 0, INT64_MAX, &entry->entry.size, NULL))
		return NULL;
	entry->object = g_strdup(words[2]);
	entry->entry.name = g_strdup(tab + 1);
	return g_steal_pointer(&entry);
}

static bool listing_read(const char *text, size_t length, GPtrArray *array)
{
	const char *end = text + length;

	for (const char *line = text; line < end; line += strlen(line) + 1) {
		struct tree_entry *entry = entry_read(line);

		if (!entry)
			return false;
		g_ptr_array_add(array, entry);
	}
	return array->len <= ENTRIES_MAX;
}

/* path: NULL for the whole top. The caller frees the array of struct tree_entry. */
static bool list_tree(const struct scm_commit *commit, const char *path, GPtrArray **ret,
		      GError **error)
{
	const char *const arguments[] = {
		"ls-tree", "-l", "-z", "--full-tree", commit->hash, path ? "--" : NULL, path, NULL,
	};
	const struct git_call call = { .arguments = arguments, .output_max = LISTING_MAX };
	g_autoptr(GPtrArray) array =
		g_ptr_array_new_with_free_func((GDestroyNotify)tree_entry_free);
	g_auto(ProcessResult) result = { 0 };

	if (!git_read(commit, &call, &result, error))
		return false;
	if (!listing_read(result.output, result.output_length, array))
		return fail(
			error, RIDA_ERROR_UNACCEPTABLE,
			"the top folder of %s at %s cannot be read, or has more than %d entries",
			commit->repository, commit->hash, ENTRIES_MAX);
	*ret = g_steal_pointer(&array);
	return true;
}

static bool read_top(struct scm_commit *commit, GError **error)
{
	return commit->tree || list_tree(commit, NULL, &commit->tree, error);
}

static const struct tree_entry *find_entry(const GPtrArray *array, const char *path)
{
	for (guint i = 0; i < array->len; i++) {
		const struct tree_entry *entry = g_ptr_array_index(array, i);

		if (g_str_equal(entry->entry.name, path))
			return entry;
	}
	return NULL;
}

/* A file at the top is looked up in the listing, which is read once; others one by one. */
static bool list_around(struct scm_commit *commit, const char *path, GPtrArray **ret,
			GError **error)
{
	if (strchr(path, '/'))
		return list_tree(commit, path, ret, error);
	if (!read_top(commit, error))
		return false;
	*ret = g_ptr_array_ref(commit->tree);
	return true;
}

static bool find_file(struct scm_commit *commit, const char *path, GPtrArray *array,
		      const struct tree_entry **ret, GError **error)
{
	const struct tree_entry *entry = find_entry(array, path);

	if (!entry)
		return fail(error, RIDA_ERROR_MISSING, "the repository %s has no file %s at %s",
			    commit->repository, path, commit->hash);
	if (!entry->entry.is_regular)
		return fail(
			error, RIDA_ERROR_UNACCEPTABLE,
			"%s in the repository %s at %s is not a regular file (a link, folder or "
			"submodule is not read)",
			path, commit->repository, commit->hash);
	*ret = entry;
	return true;
}

bool scm_commit_read(struct scm_commit *commit, const char *path, size_t max, char **ret,
		     size_t *ret_length, GError **error)
{
	g_autoptr(GPtrArray) array = NULL;
	g_auto(ProcessResult) result = { 0 };
	const struct tree_entry *entry;
	const char *arguments[] = { "cat-file", "blob", NULL, NULL };
	struct git_call call = { .arguments = arguments };

	if (!list_around(commit, path, &array, error) ||
	    !find_file(commit, path, array, &entry, error))
		return false;
	if (entry->entry.size > max)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "%s in the repository %s is %" PRIu64 " bytes long; %zu are allowed",
			    path, commit->repository, entry->entry.size, max);
	arguments[2] = entry->object;
	call.output_max = (size_t)entry->entry.size;
	if (!git_read(commit, &call, &result, error))
		return false;
	*ret = g_steal_pointer(&result.output);
	*ret_length = result.output_length;
	return true;
}

bool scm_commit_list(struct scm_commit *commit, GPtrArray **ret, GError **error)
{
	GPtrArray *list;

	if (!read_top(commit, error))
		return false;
	list = g_ptr_array_new_with_free_func((GDestroyNotify)scm_entry_free);
	for (guint i = 0; i < commit->tree->len; i++) {
		const struct tree_entry *from = g_ptr_array_index(commit->tree, i);
		struct scm_entry *entry = g_memdup2(&from->entry, sizeof from->entry);

		entry->name = g_strdup(from->entry.name);
		g_ptr_array_add(list, entry);
	}
	*ret = list;
	return true;
}

/* The blobs' numbers, one a line, for git cat-file --batch. */
static bool gather_files(const struct scm_commit *commit, uint64_t max_bytes, GString *ret,
			 GError **error)
{
	uint64_t sum = 0;

	for (guint i = 0; i < commit->tree->len; i++) {
		const struct tree_entry *entry = g_ptr_array_index(commit->tree, i);

		if (!entry->entry.is_regular)
			continue;
		if (entry->entry.size > max_bytes - sum)
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "the files of %s at %s are larger than the allowed %" PRIu64
				    " bytes",
				    commit->repository, commit->hash, max_bytes);
		sum += entry->entry.size;
		g_string_append_printf(ret, "%s\n", entry->object);
	}
	return true;
}

static bool copy_bytes(FILE *from, uint64_t length, FILE *to)
{
	char bytes[COPY_BYTES];

	while (length > 0) {
		size_t part = fread(bytes, 1, (size_t)MIN(length, sizeof bytes), from);

		if (part == 0 || fwrite(bytes, 1, part, to) != part)
			return false;
		length -= part;
	}
	return true;
}

static FILE *create_file(int folder, const char *name)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	FILE *file = NULL;

	if (fd >= 0 && fchmod(fd, 0644) == 0)
		file = fdopen(fd, "w");
	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/* Takes the next blob, "<object> blob <size>\n<bytes>\n", from what git wrote. */
static bool write_file(FILE *batch, int folder, const struct scm_entry *entry)
{
	char head[128];
	FILE *file;
	bool is_good;

	if (!fgets(head, sizeof head, batch) || !strchr(head, '\n'))
		return false;
	file = create_file(folder, entry->name);
	if (!file)
		return false;
	is_good = copy_bytes(batch, entry->size, file);
	return fclose(file) == 0 && is_good && fgetc(batch) == '\n';
}

static bool write_files(const struct scm_commit *commit, FILE *batch, const char *path,
			GError **error)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_good = folder >= 0;

	for (guint i = 0; is_good && i < commit->tree->len; i++) {
		const struct tree_entry *entry = g_ptr_array_index(commit->tree, i);

		if (entry->entry.is_regular)
			is_good = write_file(batch, folder, &entry->entry);
	}
	if (!is_good)
		fail(error, RIDA_ERROR_UNAVAILABLE, "the files of %s cannot be written down: %s",
		     commit->repository, g_strerror(errno));
	if (folder >= 0)
		close(folder);
	return is_good;
}

/* Through a file without a name, so that the sizes of strangers' files do not become memory. */
static bool export_objects(const struct scm_commit *commit, const GString *objects,
			   const char *folder, GError **error)
{
	static const char *const arguments[] = { "cat-file", "--batch", "--buffer", NULL };
	int fd = open(commit->folder.path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	FILE *batch = fd < 0 ? NULL : fdopen(fd, "r");
	const struct git_call call = { .arguments = arguments,
				       .input = objects->str,
				       .input_length = objects->len,
				       .output_fd = fd };
	g_auto(ProcessResult) result = { 0 };
	bool is_good;

	if (!batch)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the files of %s cannot be written down: %s", commit->repository,
			    g_strerror(errno));
	is_good = git_read(commit, &call, &result, error);
	rewind(batch);
	is_good = is_good && write_files(commit, batch, folder, error);
	fclose(batch);
	return is_good;
}

bool scm_commit_export(struct scm_commit *commit, const char *folder, uint64_t max_bytes,
		       GError **error)
{
	g_autoptr(GString) objects = g_string_new(NULL);

	return read_top(commit, error) && gather_files(commit, max_bytes, objects, error) &&
	       export_objects(commit, objects, folder, error);
}
