/* SPDX-License-Identifier: MIT */
#include "text/xmlrpc_elements.h"

#include <glib.h>
#include <string.h>

const struct element_rule element_rules[E__COUNT] = {
	[E_VALUE] = { .parents = IN(E_PARAM) | IN(E_DATA) | IN(E_MEMBER) | IN(E_FAULT),
		      .content = AT_MOST_ONE },
	[E_NAME] = { .parents = IN(E_MEMBER), .content = TEXT_ONLY },
	[E_MEMBER] = { .parents = IN(E_STRUCT),
		       .content = ONE_OF_EACH,
		       .wants = IN(E_NAME) | IN(E_VALUE),
		       .first = IN(E_NAME) },
	[E_STRING] = { .parents = IN(E_VALUE), .content = TEXT_ONLY },
	[E_INT] = { .parents = IN(E_VALUE), .content = TEXT_ONLY },
	[E_NIL] = { .parents = IN(E_VALUE), .content = TEXT_ONLY },
	[E_BOOLEAN] = { .parents = IN(E_VALUE), .content = TEXT_ONLY },
	[E_DOUBLE] = { .parents = IN(E_VALUE), .content = TEXT_ONLY },
	[E_STRUCT] = { .parents = IN(E_VALUE), .content = MANY },
	[E_ARRAY] = { .parents = IN(E_VALUE), .content = ONE },
	[E_DATA] = { .parents = IN(E_ARRAY), .content = MANY },
	[E_BASE64] = { .parents = IN(E_VALUE), .content = TEXT_ONLY },
	[E_DATE] = { .parents = IN(E_VALUE), .content = TEXT_ONLY },
	[E_PARAM] = { .parents = IN(E_PARAMS), .content = ONE },
	[E_PARAMS] = { .parents = IN(E_CALL) | IN(E_RESPONSE),
		       .content = MANY }, /* ONE in an answer */
	[E_FAULT] = { .parents = IN(E_RESPONSE), .content = ONE },
	[E_METHOD_NAME] = { .parents = IN(E_CALL), .content = TEXT_ONLY },
	[E_RESPONSE] = { .parents = IN(E_DOCUMENT), .content = ONE },
	[E_CALL] = { .parents = IN(E_DOCUMENT),
		     .content = ONE_OF_EACH,
		     .wants = IN(E_METHOD_NAME),
		     .first = IN(E_METHOD_NAME) },
	[E_DOCUMENT] = { .parents = 0, .content = ONE },
};

/* The frequent ones first; the first name of an element is the one that messages call it by. */
static const struct {
	const char *name;
	enum element element;
} names[] = {
	{ "value", E_VALUE },
	{ "name", E_NAME },
	{ "member", E_MEMBER },
	{ "string", E_STRING },
	{ "int", E_INT },
	{ "nil", E_NIL },
	{ "boolean", E_BOOLEAN },
	{ "double", E_DOUBLE },
	{ "struct", E_STRUCT },
	{ "array", E_ARRAY },
	{ "data", E_DATA },
	{ "i8", E_INT },
	{ "i4", E_INT },
	{ "ex:nil", E_NIL },
	{ "base64", E_BASE64 },
	{ "dateTime.iso8601", E_DATE },
	{ "param", E_PARAM },
	{ "params", E_PARAMS },
	{ "fault", E_FAULT },
	{ "methodName", E_METHOD_NAME },
	{ "methodResponse", E_RESPONSE },
	{ "methodCall", E_CALL },
};

const char *element_name(enum element element)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		if (names[i].element == element)
			return names[i].name;
	return "document";
}

bool element_find(const char *name, enum element *ret)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(names[i].name, name) == 0) {
			*ret = names[i].element;
			return true;
		}
	}
	return false;
}
