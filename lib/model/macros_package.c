/* SPDX-License-Identifier: MIT */
#include "model/macros_package.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "model/build.h"
#include "model/names.h"

/* In C's locale whatever ours is; rpm wants English names. */
static const char *const weekdays[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static const char spec_body[] =
	"Name: " MACROS_PACKAGE_NAME "\n"
	"Version: 0.1\n"
	"Release: 1%{dist}\n"
	"Summary: Macros of one module's build\n"
	"BuildArch: noarch\n"
	"Group: System Environment/Base\n"
	"License: MIT\n"
	"URL: https://docs.fedoraproject.org/en-US/modularity/\n"
	"Source1: " MACROS_PACKAGE_SOURCE "\n"
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

static char *spec_text(const struct build *build)
{
	GString *out = g_string_new(NULL);

	append_definitions(out, build, "%global ");
	g_string_append_c(out, '\n');
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

bool macros_package_new(const struct build *build, const char *author, struct macros_package **ret,
			GError **error)
{
	struct macros_package *package;

	if (!build_check(build, error) || !macros_author_check(author, error))
		return false;
	package = g_new0(struct macros_package, 1);
	package->spec = spec_text(build);
	package->macros = macros_text(build, author);
	*ret = package;
	return true;
}
