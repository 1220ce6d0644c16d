/* SPDX-License-Identifier: MIT */
#include "text/xmlrpc.h"

#include <expat.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "text/xmlrpc_elements.h"

/*
 * What values become in memory, roughly, so that a small text cannot become much: lists and structs
 * have tables from the start. A long list of RPMs, as long as may be, needs half of what is
 * allowed.
 */
#define MEMORY_MAX  ((uint64_t)512 << 20)
#define STRUCT_COST 1024
#define ARRAY_COST  512
#define MEMBER_COST 128
#define VALUE_COST  64

/*
 * Expat looks at an unfinished tag (or comment, or reference) again from its start as pieces come;
 * newer ones only when twice as much has come. No honest tag is long.
 */
#define TAG_MAX     4096
#define PENDING_MAX (2 * TAG_MAX)
#define PIECE_MAX   16384

/* An open element. */
struct frame {
	enum element element;
	uint32_t seen; /* the children that it had */
};

/* An open list or struct, owned by what it stands in. */
struct level {
	struct json_object *value;
	size_t name_at; /* where the name of the member in work begins in names */
};

/* A level opens value, struct and member, or value, array and data; around them stand the
 * document, the message, the parameters and one of them; the innermost is a value with a type. */
#define FRAMES_MAX (3 * XMLRPC_DEPTH_MAX + 6)

struct xmlrpc_reader {
	XML_Parser parser;
	GError *error; /* why it reads no further */
	uint64_t bytes;
	uint64_t place; /* of what expat has not yet handed on */
	uint64_t memory;
	struct frame frames[FRAMES_MAX];
	unsigned n_frames;
	struct level levels[XMLRPC_DEPTH_MAX];
	unsigned n_levels;
	GString *text;  /* of the innermost element, so far */
	GString *names; /* of the members in work, outermost first, each ended by NUL */
	struct xmlrpc_message message;
};

static void refuse(struct xmlrpc_reader *reader, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Ends the reading; the first refusal counts. */
static void refuse(struct xmlrpc_reader *reader, const char *format, ...)
{
	g_autofree char *problem = NULL;
	va_list arguments;

	if (reader->error)
		return;
	va_start(arguments, format);
	problem = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	fail(&reader->error, RIDA_ERROR_MALFORMED, "line %lu, column %lu: %s",
	     XML_GetCurrentLineNumber(reader->parser),
	     XML_GetCurrentColumnNumber(reader->parser) + 1, problem);
	XML_StopParser(reader->parser, XML_FALSE);
}

static struct frame *innermost(struct xmlrpc_reader *reader)
{
	return &reader->frames[reader->n_frames - 1];
}

/* ---- values --------------------------------------------------------------------------------- */

static void add_member(struct xmlrpc_reader *reader, struct level *level, struct json_object *value)
{
	const char *name = reader->names->str + level->name_at;
	int before = json_object_object_length(level->value);

	json_object_object_add(level->value, name, value);
	if (json_object_object_length(level->value) == before) {
		g_autofree char *shown = strict_shown(name);

		/* Readers differ in which of the two they believe. */
		refuse(reader, "the member \"%s\" stands twice in its struct", shown);
	}
	g_string_truncate(reader->names, level->name_at);
}

/* Gives a value, whose element is the innermost, to what it stands in. */
static void place_value(struct xmlrpc_reader *reader, struct json_object *value, uint64_t cost)
{
	struct frame *parent = innermost(reader) - 1;
	struct level *level = reader->n_levels ? &reader->levels[reader->n_levels - 1] : NULL;

	reader->memory += cost + (parent->element == E_MEMBER ? MEMBER_COST : 0);
	if (reader->memory > MEMORY_MAX) {
		json_object_put(value);
		refuse(reader, "there are too many values");
	} else if (level && parent->element == E_DATA) {
		json_object_array_add(level->value, value);
	} else if (level) {
		add_member(reader, level, value);
	} else if (reader->frames[1].element == E_CALL) {
		json_object_array_add(reader->message.value, value);
	} else {
		reader->message.value = value;
	}
}

static void open_level(struct xmlrpc_reader *reader, struct json_object *value, uint64_t cost)
{
	if (reader->n_levels == XMLRPC_DEPTH_MAX) {
		json_object_put(value);
		refuse(reader, "values are nested more than %d levels deep", XMLRPC_DEPTH_MAX);
		return;
	}
	place_value(reader, value, cost);
	reader->levels[reader->n_levels++] =
		(struct level){ .value = value, .name_at = reader->names->len };
}

static struct json_object *new_text(const GString *text)
{
	return json_object_new_string_len(text->str, (int)text->len);
}

/* An object with one member, which says what its text is. */
static struct json_object *new_marked(const char *mark, const GString *text)
{
	struct json_object *value = json_object_new_object();

	json_object_object_add(value, mark, new_text(text));
	return value;
}

static struct json_object *new_integer(struct xmlrpc_reader *reader)
{
	g_autoptr(GError) problem = NULL;
	int64_t number;

	if (strict_i64(reader->text->str, INT64_MIN, INT64_MAX, &number, &problem))
		return json_object_new_int64(number);
	refuse(reader, "%s", problem->message);
	return NULL;
}

static struct json_object *new_double(struct xmlrpc_reader *reader)
{
	const char *text = reader->text->str;
	g_autofree char *shown = NULL;
	char *end;
	double number = g_ascii_strtod(text, &end);

	/* What strtod takes besides: space, hexadecimal digits and words. */
	if (*text && !*end && !text[strspn(text, "+-.0123456789eE")] && isfinite(number))
		return json_object_new_double(number);
	shown = strict_shown(text);
	refuse(reader, "\"%s\" is no finite number", shown);
	return NULL;
}

static struct json_object *new_boolean(struct xmlrpc_reader *reader)
{
	const char *text = reader->text->str;

	if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
		refuse(reader, "a boolean is 0 or 1");
	return json_object_new_boolean(*text == '1');
}

/* The type's element is closed; its value's is the innermost. */
static void place_scalar(struct xmlrpc_reader *reader, enum element type)
{
	uint64_t cost = VALUE_COST + reader->text->len;
	struct json_object *value = NULL;

	if (type == E_INT)
		value = new_integer(reader);
	else if (type == E_DOUBLE)
		value = new_double(reader);
	else if (type == E_BOOLEAN)
		value = new_boolean(reader);
	else if (type == E_BASE64 || type == E_DATE)
		value = new_marked(type == E_DATE ? XMLRPC_DATE : XMLRPC_BASE64, reader->text);
	else if (type != E_NIL)
		value = new_text(reader->text);
	else if (reader->text->len > 0)
		refuse(reader, "<nil> holds text");
	if (type == E_BASE64 || type == E_DATE)
		cost += STRUCT_COST;
	if (reader->error)
		json_object_put(value);
	else
		place_value(reader, value, cost);
}

/* A fault is a struct of its own; it becomes the message. */
static void take_fault(struct xmlrpc_reader *reader)
{
	struct xmlrpc_message *message = &reader->message;
	struct json_object *code = NULL;
	struct json_object *text = NULL;

	json_object_object_get_ex(message->value, "faultCode", &code);
	json_object_object_get_ex(message->value, "faultString", &text);
	if (!json_object_is_type(code, json_type_int) ||
	    !json_object_is_type(text, json_type_string)) {
		refuse(reader, "a fault has a faultCode (a number) and a faultString (text)");
		return;
	}
	message->is_fault = true;
	message->fault_code = json_object_get_int64(code);
	message->fault_text = g_strdup(json_object_get_string(text));
	g_clear_pointer(&message->value, json_object_put);
}

/* ---- elements ------------------------------------------------------------------------------- */

static enum content content_of(const struct xmlrpc_reader *reader, enum element element)
{
	if (element == E_PARAMS && reader->frames[1].element == E_RESPONSE)
		return ONE;
	return element_rules[element].content;
}

/* Whether the element may stand where it stands. */
static bool may_stand(struct xmlrpc_reader *reader, enum element element)
{
	const struct frame *parent = innermost(reader);
	enum content content = content_of(reader, parent->element);
	uint32_t first = element_rules[parent->element].first;

	if (!(element_rules[element].parents & IN(parent->element)))
		refuse(reader, "<%s> may not stand in <%s>", element_name(element),
		       element_name(parent->element));
	else if (content != MANY && (parent->seen & (content == ONE_OF_EACH ? IN(element) : ~0u)))
		refuse(reader, "<%s> is one too many in its <%s>", element_name(element),
		       element_name(parent->element));
	else if (first && parent->seen == 0 && first != IN(element))
		refuse(reader, "<%s> does not begin with its name", element_name(parent->element));
	return !reader->error;
}

static bool is_blank(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] != ' ' && text[i] != '\n' && text[i] != '\t' && text[i] != '\r')
			return false;
	return true;
}

static void refuse_long_tag(struct xmlrpc_reader *reader)
{
	refuse(reader, "this tag or comment is longer than %d bytes", TAG_MAX);
}

/* Whether what expat hands on is short, but for so many bytes of text in it. */
static bool tag_is_short(struct xmlrpc_reader *reader, int text_length)
{
	if (XML_GetCurrentByteCount(reader->parser) - text_length > TAG_MAX)
		refuse_long_tag(reader);
	return !reader->error;
}

static void start_element(void *data, const char *name, const char **attributes G_GNUC_UNUSED)
{
	struct xmlrpc_reader *reader = data;
	enum element element;

	if (reader->error || !tag_is_short(reader, 0))
		return;
	if (!element_find(name, &element)) {
		g_autofree char *shown = strict_shown(name);

		refuse(reader, "<%s> is not known in XML-RPC", shown);
		return;
	}
	if (!may_stand(reader, element))
		return;
	/* Only an untyped value holds both: text so far, and then an element. */
	if (!is_blank(reader->text->str, reader->text->len)) {
		refuse(reader, "<%s> stands in the midst of text", element_name(element));
		return;
	}
	g_string_truncate(reader->text, 0);
	innermost(reader)->seen |= IN(element);
	if (element == E_STRUCT)
		open_level(reader, json_object_new_object(), STRUCT_COST);
	else if (element == E_ARRAY)
		open_level(reader, json_object_new_array(), ARRAY_COST);
	else if (element == E_CALL)
		reader->message.value = json_object_new_array();
	if (reader->error)
		return;
	g_assert(reader->n_frames < FRAMES_MAX);
	reader->frames[reader->n_frames++] = (struct frame){ .element = element };
}

/* What an element means, when its end has come and it is the innermost. */
static void take_element(struct xmlrpc_reader *reader, const struct frame *frame)
{
	switch (frame->element) {
	case E_VALUE:
		if (frame->seen == 0)
			place_scalar(reader, E_STRING);
		break;
	case E_NAME:
		g_string_append_len(reader->names, reader->text->str,
				    (gssize)reader->text->len + 1);
		break;
	case E_STRUCT:
	case E_ARRAY:
		reader->n_levels--;
		break;
	case E_METHOD_NAME:
		reader->message.method = g_strdup(reader->text->str);
		break;
	case E_FAULT:
		take_fault(reader);
		break;
	case E_STRING:
	case E_INT:
	case E_NIL:
	case E_BOOLEAN:
	case E_DOUBLE:
	case E_BASE64:
	case E_DATE:
	case E_MEMBER:
	case E_DATA:
	case E_PARAM:
	case E_PARAMS:
	case E_RESPONSE:
	case E_CALL:
	case E_DOCUMENT:
	case E__COUNT:
		break;
	}
}

static void end_element(void *data, const char *name G_GNUC_UNUSED)
{
	struct xmlrpc_reader *reader = data;
	const struct frame *frame = innermost(reader);
	enum element element = frame->element;
	enum content content = content_of(reader, element);

	if (reader->error || !tag_is_short(reader, 0))
		return;
	if ((content == ONE && frame->seen == 0) ||
	    (content == ONE_OF_EACH && element_rules[element].wants & ~frame->seen)) {
		refuse(reader, "<%s> lacks what belongs in it", element_name(element));
		return;
	}
	if (element_rules[element].parents == IN(E_VALUE) && content == TEXT_ONLY) {
		reader->n_frames--;
		place_scalar(reader, element);
	} else {
		take_element(reader, frame);
		reader->n_frames--;
	}
	g_string_truncate(reader->text, 0);
}

static void take_text(void *data, const char *text, int length)
{
	struct xmlrpc_reader *reader = data;
	const struct frame *frame = innermost(reader);
	enum content content = element_rules[frame->element].content;

	if (reader->error || !tag_is_short(reader, length))
		return;
	if (content == TEXT_ONLY || (content == AT_MOST_ONE && frame->seen == 0))
		g_string_append_len(reader->text, text, length);
	else if (!is_blank(text, (size_t)length))
		refuse(reader, "text may not stand in <%s>", element_name(frame->element));
}

/* Declarations, comments, instructions; and blanks around the outermost element, which may be long.
 */
static void take_other(void *data, const char *text, int length)
{
	if (length > TAG_MAX && *text == '<')
		refuse_long_tag(data);
}

/* Entities can only be declared in a document type: refusing it ends all their tricks. */
static void start_doctype(void *data, const char *name G_GNUC_UNUSED,
			  const char *system_id G_GNUC_UNUSED, const char *public_id G_GNUC_UNUSED,
			  int has_subset G_GNUC_UNUSED)
{
	refuse(data, "a document type is not allowed");
}

/* ---- the reader ----------------------------------------------------------------------------- */

struct xmlrpc_reader *xmlrpc_reader_new(void)
{
	struct xmlrpc_reader *reader = g_new0(struct xmlrpc_reader, 1);

	reader->parser = XML_ParserCreate("UTF-8");
	if (!reader->parser)
		g_error("expat: out of memory");
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, start_element, end_element);
	XML_SetCharacterDataHandler(reader->parser, take_text);
	XML_SetDefaultHandlerExpand(reader->parser, take_other);
	XML_SetStartDoctypeDeclHandler(reader->parser, start_doctype);
	reader->frames[reader->n_frames++] = (struct frame){ .element = E_DOCUMENT };
	reader->text = g_string_new(NULL);
	reader->names = g_string_new(NULL);
	return reader;
}

void xmlrpc_reader_free(struct xmlrpc_reader *reader)
{
	if (!reader)
		return;
	XML_ParserFree(reader->parser);
	g_clear_error(&reader->error);
	g_string_free(reader->text, TRUE);
	g_string_free(reader->names, TRUE);
	xmlrpc_message_clear(&reader->message);
	g_free(reader);
}

void xmlrpc_message_clear(struct xmlrpc_message *message)
{
	g_free(message->method);
	json_object_put(message->value);
	g_free(message->fault_text);
	*message = (struct xmlrpc_message){ 0 };
}

/* Hands a piece to expat; an empty one is the end. */
static void parse(struct xmlrpc_reader *reader, const char *bytes, size_t length)
{
	XML_Index place;

	if (XML_Parse(reader->parser, bytes, (int)length, length == 0) == XML_STATUS_ERROR) {
		refuse(reader, "%s", XML_ErrorString(XML_GetErrorCode(reader->parser)));
		return;
	}
	/* There is no place while expat waits for more of a tag, having moved its buffer. */
	place = XML_GetCurrentByteIndex(reader->parser);
	if (place >= 0)
		reader->place = (uint64_t)place;
	if (length > 0 && reader->bytes - reader->place > PENDING_MAX)
		refuse_long_tag(reader);
}

static bool is_good(const struct xmlrpc_reader *reader, GError **error)
{
	if (reader->error && error)
		*error = g_error_copy(reader->error);
	return !reader->error;
}

bool xmlrpc_reader_feed(struct xmlrpc_reader *reader, const char *bytes, size_t length,
			GError **error)
{
	while (length > 0 && !reader->error) {
		size_t piece = MIN(length, PIECE_MAX);

		reader->bytes += piece;
		if (reader->bytes > XMLRPC_BYTES_MAX)
			refuse(reader, "the message has more than %" G_GUINT64_FORMAT " bytes",
			       XMLRPC_BYTES_MAX);
		else
			parse(reader, bytes, piece);
		bytes += piece;
		length -= piece;
	}
	return is_good(reader, error);
}

bool xmlrpc_reader_end(struct xmlrpc_reader *reader, struct xmlrpc_message *ret, GError **error)
{
	if (!reader->error)
		parse(reader, "", 0);
	if (!is_good(reader, error))
		return false;
	*ret = reader->message;
	reader->message = (struct xmlrpc_message){ 0 };
	return true;
}
