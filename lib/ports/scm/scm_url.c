/* SPDX-License-Identifier: MIT */
#include "ports/scm/scm.h"

#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "model/names.h"
#include "text/url.h"

#define SHORT_HASH_MIN   4
#define DIGITS_ALONE_MIN 7 /* shorter ones are rather branches, as "2024" */

/* What git may be asked to speak; an entry of the allow-list must name it as well. */
static const struct {
	const char *scheme;
	unsigned port;
} schemes[] = {
	{ "https", 443 },
	{ "git", 9418 },
	{ "ssh", 22 },
	{ "http", 80 },
};

/* Stricter than RFC 3986: what no repository needs cannot mislead anyone. */
static const struct strict_charset segment_set = { .first = "._~", .rest = "._~+-", .max = 255 };

void scm_url_free(struct scm_url *url)
{
	if (!url)
		return;
	g_free(url->repository);
	g_free(url->server);
	g_free(url->name);
	g_free(url->path);
	g_free(url->ref);
	g_free(url);
}

/* The scheme's own port; 0 when git is never asked to speak it. */
static unsigned scheme_port(const char *scheme)
{
	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (g_str_equal(schemes[i].scheme, scheme))
			return schemes[i].port;
	return 0;
}

/* "git+https://" is another way to write "https://". */
static const char *skip_prefix(const char *text)
{
	if (g_ascii_strncasecmp(text, "git+https://", 12) == 0 ||
	    g_ascii_strncasecmp(text, "git+http://", 11) == 0)
		return text + 4;
	return text;
}

static bool check_segments(const struct url *url, GError **error)
{
	for (size_t i = 0; url->segments[i]; i++) {
		g_autofree char *shown = NULL;

		if (strict_name(url->segments[i], &segment_set))
			continue;
		shown = strict_shown(url->segments[i]);
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the part \"%s\" of the SCM URL's path is not allowed: letters, digits "
			    "and . _ ~ + - are, no + or - first",
			    shown);
	}
	return true;
}

/* NULL with the error set when the text is refused. */
static struct url *read_strictly(const char *text, GError **error)
{
	g_autoptr(Url) url = NULL;

	if (!url_read(skip_prefix(text), &url, error)) {
		g_prefix_error(error, "this is not an SCM URL: ");
		return NULL;
	}
	if (scheme_port(url->scheme) == 0)
		fail(error, RIDA_ERROR_MALFORMED,
		     "the scheme of the SCM URL is \"%s\"; https, git and ssh are known",
		     url->scheme);
	else if (url->query && *url->query)
		fail(error, RIDA_ERROR_MALFORMED,
		     "the SCM URL has a query; a commit or branch is written after \"?#\"");
	else if (check_segments(url, error)) {
		url->has_port = url->port != scheme_port(url->scheme);
		return g_steal_pointer(&url);
	}
	return NULL;
}

static bool is_document(const char *segment)
{
	return g_str_has_suffix(segment, ".yaml") || g_str_has_suffix(segment, ".yml");
}

/* How many segments name the repository; what follows is the document's path. */
static size_t repository_length(char **segments)
{
	size_t count = g_strv_length(segments);

	for (size_t i = 0; i < count; i++)
		if (g_str_has_suffix(segments[i], ".git"))
			return i + 1;
	return count > 1 && is_document(segments[count - 1]) ? count - 1 : count;
}

/* Cuts the document's path off; returns it, NULL when there is none. */
static char *cut_path(struct url *url)
{
	const size_t count = repository_length(url->segments);
	char *path = NULL;

	if (url->segments[count])
		path = g_strjoinv("/", url->segments + count);
	for (size_t i = count; url->segments[i]; i++)
		g_clear_pointer(&url->segments[i], g_free);
	url->ends_in_slash = false;
	return path;
}

/* An entry that ends in a slash is a folder: what is below it fits, it itself does not. */
static bool entry_fits(const struct url *entry, const struct url *url)
{
	size_t i = 0;

	if (!g_str_equal(entry->scheme, url->scheme) || !g_str_equal(entry->host, url->host) ||
	    entry->port != url->port)
		return false;
	for (; entry->segments[i]; i++)
		if (!url->segments[i] || !g_str_equal(entry->segments[i], url->segments[i]))
			return false;
	return !entry->ends_in_slash || url->segments[i];
}

static bool check_allowed(const struct url *url, const struct scm_rules *rules, GError **error)
{
	g_autofree char *server = NULL;

	for (size_t i = 0; rules->allow && rules->allow[i]; i++) {
		g_autoptr(Url) entry = NULL;

		if (!url_read(rules->allow[i], &entry, NULL))
			return fail(error, RIDA_ERROR_INTERNAL,
				    "the entry \"%s\" of scm_allow is not a URL of the form "
				    "SCHEME://HOST[:PORT]/PATH/",
				    rules->allow[i]);
		if (entry_fits(entry, url))
			return true;
	}
	server = url_write_server(url);
	return fail(
		error, RIDA_ERROR_FORBIDDEN,
		"repositories of %s are not allowed here, or not below this path; ask the operators, "
		"whose option scm_allow lists those that are",
		server);
}

static bool name_repository(struct scm_url *scm, const struct url *url, GError **error)
{
	const size_t count = g_strv_length(url->segments);

	if (count == 0)
		return fail(error, RIDA_ERROR_MALFORMED, "the SCM URL names no repository");
	if (scm->path && is_document(url->segments[count - 1]))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the SCM URL names two documents, one below the other; a repository "
			    "whose name ends so is written with .git after it");
	scm->name = g_strdup(url->segments[count - 1]);
	if (g_str_has_suffix(scm->name, ".git"))
		scm->name[strlen(scm->name) - 4] = '\0';
	if (!name_is_valid(NAME_COMPONENT, scm->name))
		return fail(
			error, RIDA_ERROR_MALFORMED,
			"the repository's name in the SCM URL is not allowed: letters, digits and "
			". _ + -, a letter or digit first");
	scm->repository = url_write(url);
	scm->server =
		g_strdup_printf(strchr(url->host, ':') ? "[%s]:%u" : "%s:%u", url->host, url->port);
	return true;
}

static bool is_hex(const char *text)
{
	return strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

static bool looks_like_hash(const char *text)
{
	const size_t length = strlen(text);
	const bool is_number = strspn(text, "0123456789") == length;

	return is_hex(text) && length >= (is_number ? DIGITS_ALONE_MIN : SHORT_HASH_MIN);
}

static bool read_ref(struct scm_url *scm, const char *text, GError **error)
{
	if (!text || !*text)
		return true;
	if (!commit_is_full(text)) {
		if (looks_like_hash(text))
			return fail(
				error, RIDA_ERROR_MALFORMED,
				"\"%.64s\" looks like a commit, but is not a full one; write all 40 "
				"digits in lower case (git rev-parse shows them)",
				text);
		if (!name_is_valid(NAME_REF, text))
			return fail(
				error, RIDA_ERROR_MALFORMED,
				"what follows \"?#\" in the SCM URL is neither a full commit nor the "
				"name of a branch");
	}
	scm->ref = g_strdup(text);
	return true;
}

bool scm_url_read(const char *text, const struct scm_rules *rules, struct scm_url **ret,
		  GError **error)
{
	g_autoptr(ScmUrl) scm = g_new0(struct scm_url, 1);
	g_autoptr(Url) url = read_strictly(text, error);

	if (!url)
		return false;
	scm->path = cut_path(url);
	if (!name_repository(scm, url, error) || !read_ref(scm, url->fragment, error) ||
	    !check_allowed(url, rules, error))
		return false;
	*ret = g_steal_pointer(&scm);
	return true;
}

bool scm_repository_check(const char *text, const struct scm_rules *rules, struct scm_url **ret,
			  GError **error)
{
	g_autoptr(ScmUrl) scm = NULL;

	if (!scm_url_read(text, rules, &scm, error))
		return false;
	if (scm->ref || scm->path)
		return fail(
			error, RIDA_ERROR_MALFORMED,
			"a component's repository is named without a file and without a commit or "
			"branch; its ref is an entry of its own");
	*ret = g_steal_pointer(&scm);
	return true;
}
