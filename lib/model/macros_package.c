/* SPDX-License-Identifier: MIT */
#include "model/macros_package.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "model/build.h"
#include "model/names.h"
#include "text/rpm_name.h"

/* In C's locale whatever ours is; rpm wants English names. */
static const char *const weekdays[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static const char spec_tags[] = "Name: " MACROS_PACKAGE_NAME "\n"
				"Version: 0.1\n"
				"Release: 1%{dist}\n"
				"Summary: Macros of one module's build\n"
				"BuildArch: noarch\n"
				"Group: System Environment/Base\n"
				"License: MIT\n"
				"URL: https://docs.fedoraproject.org/en-US/modularity/\n"
				"Source1: " MACROS_PACKAGE_SOURCE "\n";

static const char spec_body[] =
	"\n"
	"%description\n"
	"Sets the macros of one module in its buildroot. Never install it anywhere else.\n"
	"\n"
	"%build\n"
	"\n"
	"%install\n"
	/* Literally /etc/rpm: macros that change the prefix must not move it; "zz" is read last. */
	"mkdir -p %{buildroot}/etc/rpm\n"
	"install -p -m 644 %{SOURCE1} %{buildroot}/etc/rpm/macros.zz-modules\n"
	"\n"
	"%files\n"
	"/etc/rpm/macros.zz-modules\n"
	"\n"
	"%changelog\n";

void macros_package_free(struct macros_package *package)
{
	if (!package)
		return;
	g_free(package->spec);
	g_free(package->macros);
	g_free(package);
}

static bool dist_is_clean(const char *dist)
{
	static const struct strict_charset allowed = { ".", "._+~^", 128 };

	return dist && dist[0] == '.' && strict_name(dist, &allowed);
}

/* Everything that lands in the spec is checked here once more: a percent sign would be code. */
static bool build_check(const struct build *build, GError **error)
{
	if (!name_check(NAME_MODULE, "the module's name", build->name, error) ||
	    !name_check(NAME_STREAM, "the stream", build->stream, error) ||
	    !name_check(NAME_CONTEXT, "the context", build->context, error))
		return false;
	return dist_is_clean(build->dist) ||
	       fail(error, RIDA_ERROR_UNACCEPTABLE, "the build has no usable dist tag");
}

static bool conflict_is_clean(const struct rpm_name *rpm)
{
	static const struct strict_charset allowed = { "", "._+~^", 128 };

	return name_is_valid(NAME_COMPONENT, rpm->name) && rpm->version && rpm->release &&
	       strict_name(rpm->version, &allowed) && strict_name(rpm->release, &allowed);
}

/* rpm expands macros in comments too, so the module's name counts as well. */
static bool conflicts_check(const struct macros_conflicts *conflicts, size_t count, GError **error)
{
	static const struct strict_charset allowed = { "", "._+-:", 300 };

	for (size_t i = 0; i < count; i++) {
		bool is_clean = strict_name(conflicts[i].module, &allowed);

		for (guint k = 0; is_clean && k < conflicts[i].rpms->len; k++)
			is_clean = conflict_is_clean(g_ptr_array_index(conflicts[i].rpms, k));
		if (!is_clean)
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "what %.300s keeps out of buildroots has names that cannot "
				    "stand in a spec file",
				    conflicts[i].module);
	}
	return true;
}

bool macros_author_check(const char *author, GError **error)
{
	const size_t length = author ? strlen(author) : 0;

	if (length > MACROS_PACKAGE_AUTHOR_MAX)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "buildopts.rpms.macros has %zu bytes; at most %zu are allowed", length,
			    MACROS_PACKAGE_AUTHOR_MAX);
	if (length && !g_utf8_validate(author, (gssize)length, NULL))
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "buildopts.rpms.macros is not UTF-8");
	for (size_t i = 0; i < length; i++)
		if (g_ascii_iscntrl(author[i]) && author[i] != '\n' && author[i] != '\t')
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "buildopts.rpms.macros holds the control byte 0x%02x at offset "
				    "%zu: only line feeds and tabs are allowed",
				    (unsigned char)author[i], i);
	return true;
}

/* One definition per line; keyword is "%global" in the spec and "%" in the macros file. */
static void append_definitions(GString *out, const struct build *build, const char *keyword)
{
	g_string_append_printf(out, "%sdist %s\n", keyword, build->dist);
	g_string_append_printf(out, "%smodularitylabel %s:%s:%" PRIu64 ":%s\n", keyword,
			       build->name, build->stream, build->version, build->context);
	g_string_append_printf(out, "%s_module_name %s\n", keyword, build->name);
	g_string_append_printf(out, "%s_module_stream %s\n", keyword, build->stream);
	g_string_append_printf(out, "%s_module_version %" PRIu64 "\n", keyword, build->version);
	g_string_append_printf(out, "%s_module_context %s\n", keyword, build->context);
}

static void append_changelog(GString *out, int64_t time)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(time / G_USEC_PER_SEC);

	if (!date)
		date = g_date_time_new_from_unix_utc(0);
	g_string_append_printf(
		out, "* %s %s %02d %d rida <rida@localhost> - 0.1-1\n- Made for this module.\n",
		weekdays[g_date_time_get_day_of_week(date) - 1],
		months[g_date_time_get_month(date) - 1], g_date_time_get_day_of_month(date),
		g_date_time_get_year(date));
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines of one module's RPMs that were not seen yet, sorted; the set owns them. */
static GPtrArray *new_conflicts(const struct macros_conflicts *conflicts, GHashTable *seen)
{
	GPtrArray *lines = g_ptr_array_new();

	for (guint i = 0; i < conflicts->rpms->len; i++) {
		const struct rpm_name *rpm = g_ptr_array_index(conflicts->rpms, i);
		char *line = g_strdup_printf("Conflicts: %s = %" PRIu64 ":%s-%s\n", rpm->name,
					     rpm->epoch, rpm->version, rpm->release);

		if (g_hash_table_contains(seen, line)) {
			g_free(line);
			continue;
		}
		g_hash_table_add(seen, line);
		g_ptr_array_add(lines, line);
	}
	g_ptr_array_sort(lines, by_text);
	return lines;
}

static void append_conflicts(GString *out, const struct macros_conflicts *conflicts, size_t count)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (size_t i = 0; i < count; i++) {
		g_autoptr(GPtrArray) lines = new_conflicts(&conflicts[i], seen);

		if (lines->len)
			g_string_append_printf(out, "# Filtered out of %s:\n", conflicts[i].module);
		for (guint k = 0; k < lines->len; k++)
			g_string_append(out, g_ptr_array_index(lines, k));
	}
}

static char *spec_text(const struct build *build, const struct macros_conflicts *conflicts,
		       size_t count)
{
	GString *out = g_string_new(NULL);

	append_definitions(out, build, "%global ");
	g_string_append_c(out, '\n');
	g_string_append(out, spec_tags);
	append_conflicts(out, conflicts, count);
	g_string_append(out, spec_body);
	append_changelog(out, build->submitted_at);
	return g_string_free(out, FALSE);
}

static char *macros_text(const struct build *build, const char *author)
{
	GString *out =
		g_string_new("# Macros of one module; the author's own come last and win.\n");

	append_definitions(out, build, "%");
	g_string_append(out, "%_module_build 1\n");
	if (author && author[0])
		g_string_append_printf(out, "\n%s%s", author,
				       g_str_has_suffix(author, "\n") ? "" : "\n");
	return g_string_free(out, FALSE);
}

bool macros_package_new(const struct build *build, const char *author,
			const struct macros_conflicts *conflicts, size_t count,
			struct macros_package **ret, GError **error)
{
	struct macros_package *package;

	if (!build_check(build, error) || !macros_author_check(author, error) ||
	    !conflicts_check(conflicts, count, error))
		return false;
	package = g_new0(struct macros_package, 1);
	package->spec = spec_text(build, conflicts, count);
	package->macros = macros_text(build, author);
	*ret = package;
	return true;
}
