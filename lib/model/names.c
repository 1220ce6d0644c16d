/* SPDX-License-Identifier: MIT */
#include "model/names.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "model/build.h"

static const struct {
	struct strict_charset set;
	const char *allowed;
} kinds[NAME__COUNT] = {
	[NAME_MODULE] = { { "", "._+-", 128 },
			  "letters, digits and . _ + -, at most 128, a letter or digit first, without .." },
	[NAME_STREAM] = { { "", "._+-", 64 },
			  "letters, digits and . _ + -, at most 64, a letter or digit first, without .." },
	[NAME_CONTEXT] = { { "_", "_", 10 }, "letters, digits and _, at most 10" },
	[NAME_COMPONENT] = { { "", "._+-", 128 },
			     "letters, digits and . _ + -, at most 128, a letter or digit first, without .." },
	[NAME_REF] = { { "", "._/-", 128 },
		       "letters, digits and . _ / -, at most 128, a letter or digit first, without .., // and .lock, "
		       "no slash or dot at the end" },
	[NAME_OWNER] = { { "", "._@+-", 128 },
			 "letters, digits and . _ + -, at most 128, a letter or digit first, and perhaps @ with a realm" },
	[NAME_TAG] = { { "", "._+-", 256 },
		       "letters, digits and . _ + -, at most 256, a letter or digit first, without .." },
	[NAME_MARKING] = { { "", "._+", 64 },
			   "letters, digits and . _ +, at most 64, a letter or digit first, no dashes, without .." },
	[NAME_FILE] = { { "_", "._+~^-", 255 },
			"letters, digits and . _ + ~ ^ -, at most 255, a letter, digit or _ first, without .." },
};

/* git's own rules for refs that the character set leaves open; each part between slashes counts. */
static bool ref_is_valid(const char *text)
{
	size_t length = strlen(text);

	if (strstr(text, "..") || strstr(text, "//") || strstr(text, "/.") ||
	    strstr(text, ".lock/"))
		return false;
	return !g_str_has_suffix(text, ".lock") && text[length - 1] != '/' &&
	       text[length - 1] != '.';
}

/* A name, or a name and its realm. */
static bool owner_is_valid(const char *text)
{
	const char *mark = strchr(text, '@');

	return !mark || (mark[1] && !strchr(mark + 1, '@'));
}

bool name_is_valid(enum name_kind kind, const char *text)
{
	g_assert(kind < NAME__COUNT);
	if (!text || !strict_name(text, &kinds[kind].set))
		return false;
	if (kind == NAME_REF)
		return ref_is_valid(text);
	if (kind == NAME_OWNER)
		return owner_is_valid(text);
	/* Nobody's folder may look like the one above it; rpm refuses such names as well. */
	return !strstr(text, "..");
}

bool name_check(enum name_kind kind, const char *what, const char *text, GError **error)
{
	g_autofree char *shown = NULL;

	if (name_is_valid(kind, text))
		return true;
	if (!text || !*text)
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "%s is %s", what,
			    text ? "empty" : "missing");
	shown = strict_shown(text);
	return fail(error, RIDA_ERROR_UNACCEPTABLE, "%s \"%s\" is not allowed: %s", what, shown,
		    kinds[kind].allowed);
}

static bool check_row(const struct build *build, enum name_kind kind, const char *what,
		      const char *text, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (name_check(kind, what, text, &problem))
		return true;
	return fail(error, RIDA_ERROR_INTERNAL,
		    "the rows of build %" PRIu64 " hold what no submission lets in: %s", build->id,
		    problem->message);
}

/* A name that the build does not have before it leaves init, or for ever. */
static bool check_given(const struct build *build, const char *what, const char *text,
			GError **error)
{
	return !text || !*text || check_row(build, NAME_TAG, what, text, error);
}

bool build_names_check(const struct build *build, GError **error)
{
	if (!g_uuid_string_is_valid(build->uuid ? build->uuid : ""))
		return fail(error, RIDA_ERROR_INTERNAL,
			    "the rows of build %" PRIu64
			    " hold what no submission lets in: no uuid",
			    build->id);
	if (!check_row(build, NAME_MODULE, "the module's name", build->name, error) ||
	    !check_row(build, NAME_STREAM, "the stream", build->stream, error) ||
	    !check_row(build, NAME_CONTEXT, "the context", build->context, error))
		return false;
	if (!check_given(build, "the tag", build->tag, error) ||
	    !check_given(build, "the target", build->target, error))
		return false;
	for (guint i = 0; build->components && i < build->components->len; i++) {
		const struct component *component = g_ptr_array_index(build->components, i);

		if (!check_row(build, NAME_COMPONENT, "a component's name", component->name, error))
			return false;
	}
	return true;
}

bool commit_is_full(const char *text)
{
	return text && (strict_hex(text, 40) || strict_hex(text, 64));
}

/* SHA-1 of "name.stream.version.context" as hex digits; the caller frees it. */
static char *identity_hash(const struct build *build)
{
	g_autofree char *identity = g_strdup_printf("%s.%s.%" PRIu64 ".%s", build->name,
						    build->stream, build->version, build->context);

	return g_compute_checksum_for_string(G_CHECKSUM_SHA1, identity, -1);
}

char *dist_tag(const struct build *build, const char *prefix, const char *marking)
{
	const bool is_marked = marking && *marking;
	g_autofree char *hash = identity_hash(build);

	return g_strdup_printf(".%s%s%s%" PRIu64 "+%.8s", prefix, is_marked ? marking : "",
			       is_marked ? "+" : "", build->id, hash);
}

static char *limited_name(const struct build *build, const char *prefix, size_t max)
{
	g_autofree char *nsvc = build_directory_name(build);
	g_autofree char *hash = identity_hash(build);
	char *name = g_strdup_printf("%s-%s", prefix, nsvc);

	if (strlen(name) <= max)
		return name;
	g_free(name);
	return g_strdup_printf("%s-%.16s", prefix, hash);
}

char *tag_name(const struct build *build, const char *prefix)
{
	return limited_name(build, prefix, TAG_NAME_MAX - strlen("-build"));
}

char *target_name(const struct build *build, const char *prefix)
{
	return limited_name(build, prefix, TARGET_NAME_MAX);
}

char *idempotency_key(const char *uuid, const char *component, const char *kind, uint32_t number)
{
	g_autofree char *text = g_strdup_printf("%s|%s|%s|%" PRIu32, uuid,
						component ? component : "", kind, number);
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

	return g_strndup(hash, 32);
}

/* The 16 bytes of a written UUID. */
static void uuid_bytes(const char *uuid, guchar *ret)
{
	for (const char *digit = uuid; *digit; digit++) {
		if (*digit == '-')
			continue;
		*ret++ = (guchar)(g_ascii_xdigit_value(digit[0]) * 16 +
				  g_ascii_xdigit_value(digit[1]));
		digit++;
	}
}

char *message_id(const char *uuid, uint32_t seq)
{
	g_autofree char *name = g_strdup_printf("%" PRIu32, seq);
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
	guchar hash[20];
	gsize length = sizeof hash;

	g_assert(g_uuid_string_is_valid(uuid));
	uuid_bytes(uuid, hash);
	g_checksum_update(checksum, hash, 16);
	g_checksum_update(checksum, (const guchar *)name, -1);
	g_checksum_get_digest(checksum, hash, &length);
	hash[6] = (hash[6] & 0x0f) | 0x50; /* version 5 */
	hash[8] = (hash[8] & 0x3f) | 0x80; /* the variant of RFC 4122 */
	return g_strdup_printf(
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", hash[0],
		hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7], hash[8], hash[9],
		hash[10], hash[11], hash[12], hash[13], hash[14], hash[15]);
}
